import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Delivery, Received, ShownHook } from '../../src/hooks/index.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import { buildHouse } from './house.ts';
import { listCodeBlocks, readText } from './pages.ts';

const page = 'docs/guides/webhooks.md';

test('the hook of the guide compiles', async () => {
  await using house = await buildHouse(page);
  expect(house.files).toEqual(['config/hooks.ts']);
  expect(await house.check()).toBe('');
});

test('the ping of the guide is taken by a started process, and is found by the commands of the guide', async () => {
  const [secret, older] = ['the secret of this very test', 'the secret before'];
  await using installation = await openTestInstallation('postgres', {
    NIGHTSHIFT_HOOK_GITHUB_SECRETS: `${older},${secret}`,
  });
  const started = await installation.start();
  const url = await urlOf(started);
  const [ping] = listCodeBlocks(readText(page)).filter(({ language }) => language === 'sh');
  const run = async (given: string) => {
    const env = { ...process.env, GITHUB_SECRET: given, NIGHTSHIFT_URL: url };
    const { stdout } = await promisify(execFile)('bash', ['-euc', ping!.code], { env });
    return JSON.parse(stdout) as Received & { status?: number; code?: string };
  };
  const received = await run(secret);
  expect(received).toMatchObject({ outcome: 'nothing', reason: 'no mapping for ping' });
  expect(await run('another secret than ours')).toMatchObject({
    status: 401,
    code: 'hook.signature',
  });
  const hooks = await installation.ask<ShownHook[]>('hooks', 'list');
  expect(hooks).toMatchObject([{ name: 'github', secrets: { count: 2 } }]);
  const listed = await installation.ask<Delivery[]>('hooks', 'deliveries', 'github');
  expect(listed.map(({ outcome }) => outcome)).toEqual(['refused', 'nothing']);
  const shown = await installation.command('hooks', 'delivery', 'github', received.delivery);
  expect(shown.output).toContain('Half measures');
  const again = await installation.command('hooks', 'redeliver', 'github', received.delivery);
  expect(again).toMatchObject({ status: 0, output: 'Nothing to do: no mapping for ping.' });
  for (const words of [['list'], ['deliveries', 'github']])
    expect((await installation.command('hooks', ...words)).output).toContain('github');
  expect(started.errors).not.toContain(secret);
  const large = await ask<{ code: string }>(`${url}/api/v1/hooks/github`, 'x'.repeat(26 * 2 ** 20));
  expect(large).toMatchObject({ status: 413, body: { code: 'hook.too_large' } });
});
