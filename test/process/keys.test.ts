import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readText } from '../docs/pages.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const web = join(import.meta.dirname, '../../workers/web.ts');
const printed = /^ {2}(nsk_\S+)$/;

/** The keys that a process has printed. */
function keysOf({ lines }: TestProcess): string[] {
  return lines.flatMap((line) => printed.exec(line)?.[1] ?? []);
}

interface Made {
  readonly id: string;
  readonly secret: string;
}

test('of processes that start at once one prints the first admin key, and no later start prints another', async () => {
  await using installation = await openTestInstallation('postgres', {
    NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
  });
  const started = await Promise.all([1, 2, 3].map(() => installation.launch(web)));
  const [secret, ...others] = await until(() => {
    const keys = started.flatMap(keysOf);
    return keys.length > 0 ? keys : undefined;
  });
  expect(others).toEqual([]);
  for (const one of started) {
    const url = `${await urlOf(one)}/api/v1/keys`;
    expect((await ask<{ keys: object[] }>(url, undefined, secret)).body.keys).toMatchObject([
      { name: 'first admin', role: 'admin', state: 'active' },
    ]);
    expect(one.errors).not.toContain(secret);
  }
  const later = await installation.launch(web);
  await until(async () => (await ask(`${await urlOf(later)}/health/live`)).status === 200);
  expect(keysOf(later)).toEqual([]);
});

test('the commands make, list, rotate and revoke keys, and every process obeys at once', async () => {
  await using installation = await openTestInstallation('postgres', {
    NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
  });
  const urls = await Promise.all(
    (await Promise.all([1, 2].map(() => installation.launch(web)))).map(urlOf),
  );
  const states = (secret: string) =>
    Promise.all(
      urls.map(async (url) => (await ask(`${url}/api/v1/jobs`, undefined, secret)).status),
    );
  const [role, jobs] = ['developer', 'mail-*,digest'];
  const rights = ['--role', role, '--jobs', jobs, '--expires', '90d', '--rate', '500'];
  const made = await installation.ask<Made>('key', 'create', '--name', 'shop', ...rights);
  expect(made).toMatchObject({
    name: 'shop',
    role,
    jobs: ['mail-*', 'digest'],
    ratePerMinute: 500,
  });
  expect(await states(made.secret)).toEqual([200, 200]);
  const rotate = ['key', 'rotate', made.id, '--overlap', '1h'];
  const next = await installation.ask<Made & { replaced: { id: string } }>(...rotate);
  expect(next.replaced.id).toBe(made.id);
  expect(await states(made.secret)).toEqual([200, 200]);
  expect(await states(next.secret)).toEqual([200, 200]);
  expect((await installation.command('key', 'revoke', made.id)).output).toMatch(/is revoked/);
  await until(async () => (await states(made.secret)).every((status) => status === 401));
  expect(await states(next.secret)).toEqual([200, 200]);
  const listed = await installation.ask<{ id: string; state: string }[]>('key', 'list');
  expect(listed.find(({ id }) => id === made.id)).toMatchObject({ state: 'revoked' });
  const wrong = await installation.command('key', 'create', '--name', 'x', '--role', 'vewer');
  expect([wrong.status, wrong.errors]).toEqual([2, expect.stringContaining('"viewer"')]);
});

test('embedded, the socket in the data folder needs no key and is for its owner alone, and the port needs one', async () => {
  await using installation = await openTestInstallation('embedded');
  const started = await installation.start();
  const url = `${await urlOf(started)}/api/v1/jobs`;
  expect((await ask(url)).status).toBe(401);
  const [, secret] = printed.exec(await started.line(printed))!;
  expect((await ask(url, undefined, secret)).status).toBe(200);
  const socketPath = join(installation.place.env['NIGHTSHIFT_DATA']!, 'nightshift.sock');
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  const status = await new Promise((resolve, reject) => {
    const call = request({ socketPath, path: '/api/v1/jobs' }, (response) => {
      resolve(response.resume().statusCode);
    });
    call.on('error', reject).end();
  });
  expect(status).toBe(200);
  expect(await installation.ask('key', 'list')).toMatchObject([{ name: 'first admin' }]);
});

test.each(['README.md', 'docs/guides/keys.md'])('the curl lines of %s work', async (page) => {
  const lines = readText(page)
    .split('\n')
    .filter((line) => line.startsWith('curl http'));
  expect(lines.length).toBeGreaterThan(0);
  await using installation = await openTestInstallation('postgres');
  const [url, key] = [await urlOf(await installation.launch(web)), await installation.key()];
  for (const line of lines) {
    const command = line.replace('http://127.0.0.1:2300', url);
    const { stdout } = await run('sh', ['-c', `${command} --silent --fail`], {
      env: { ...process.env, NIGHTSHIFT_KEY: key },
    });
    expect(JSON.parse(stdout)).toBeTypeOf('object');
  }
});

test('doctor says when no admin key is good', async () => {
  await using installation = await openTestInstallation('postgres');
  const said = async () => (await installation.command('doctor')).output;
  expect(await said()).toMatch(/keys +no admin key is good/);
  await installation.ask('key', 'create', '--name', 'me', '--role', 'admin');
  expect(await said()).toMatch(/keys +an admin key is good/);
});
