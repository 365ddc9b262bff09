import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../config/index.ts';
import { socketPathOf } from '../../src/app/index.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import { findRun, listPastAttempts } from '../../src/ledger/index.ts';
import { runCommand } from '../support/command.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { generateMailbox } from '../support/mailbox.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const patientMs = 60_000;

/** Resolves to a run that takes some seconds, once it is under way. */
async function beginTriage(installation: TestInstallation): Promise<string> {
  const mailbox = join(installation.folder, 'mails');
  generateMailbox(mailbox, { seed: 1, count: 400 });
  const api = await installation.openApi();
  expect(api.remote).toBe(true);
  const { id } = await api.post<{ id: string }>('/runs', {
    job: 'mail-triage',
    payload: { mailbox },
  });
  await until(async () => (await api.get<Run>(`/runs/${id}`)).progress, { timeoutMs: patientMs });
  return id;
}

async function waitForSuccess<Shown extends Run>(
  installation: TestInstallation,
  id: string,
): Promise<Shown> {
  const api = await installation.openApi();
  expect(api.remote).toBe(true);
  return until(
    async () => {
      const run = await api.get<Shown>(`/runs/${id}`);
      if (isFinal(run.state)) expect(run).toMatchObject({ state: 'succeeded' });
      return isFinal(run.state) ? run : undefined;
    },
    { timeoutMs: patientMs },
  );
}

describe('with npm start in one terminal', () => {
  let installation: TestInstallation;
  let started: TestProcess;
  let triaged: Run;
  beforeAll(async () => {
    installation = await openTestInstallation('embedded');
    started = await installation.start();
    triaged = await installation.ask(
      'enqueue',
      'mail-triage',
      '--payload',
      '{"mailbox":"sample"}',
      '--wait',
    );
  }, 180_000);
  afterAll(() => installation[Symbol.asyncDispose]());

  test('commands in a second answer over the socket in the data folder', async () => {
    const folder = installation.env['NIGHTSHIFT_DATA']!;
    expect(existsSync(join(folder, 'nightshift.sock'))).toBe(true);
    const { status, output } = await installation.command('runs', 'list');
    expect(status).toBe(0);
    expect(output).toContain(triaged.id);
    // The folder has one holder: had the command opened it, it would have been refused, or have broken this.
    const api = await installation.openApi();
    expect(api.remote).toBe(true);
    expect(await api.get('/workers')).toMatchObject({ workers: [{ pid: started.pid }] });
  });

  test('enqueue --wait answers with the end of the run', () => {
    expect(triaged).toMatchObject({
      job: 'mail-triage',
      state: 'succeeded',
      result: { read: 129, known: 0, mailbox: 'sample' },
    });
  });

  test('runs show, logs and list tell of it, to people and to scripts', async () => {
    const shown = await installation.command('runs', 'show', triaged.id);
    expect(shown.output).toContain('mail-triage (version 1)');
    expect(shown.output).toContain('step list new mails');
    const logged = await installation.command('runs', 'logs', triaged.id);
    expect(logged.output).toContain('The mailbox sample has 129 new mails to read');
    const lines = await installation.ask<{ message: string }[]>('runs', 'logs', triaged.id);
    expect(lines.length).toBeGreaterThan(1);
    const runs = await installation.ask<Run[]>(
      'runs',
      'list',
      '--state',
      'succeeded',
      '--job',
      'mail-triage',
    );
    expect(runs.map(({ id }) => id)).toContain(triaged.id);
  });

  test('a run that waits is cancelled and queued again', async () => {
    const { id } = await installation.ask<{ id: string }>(
      'enqueue',
      'mail-triage',
      '--payload',
      JSON.stringify({ mailbox: installation.folder }),
      '--delay',
      '1h',
    );
    expect(await installation.ask('runs', 'cancel', id, '--reason', 'not today')).toMatchObject({
      state: 'cancelled',
      error: { message: 'not today' },
    });
    const again = await installation.command('runs', 'cancel', id);
    expect(again.status).toBe(1);
    expect(again.errors).toContain('has already cancelled');
    expect(await installation.ask('runs', 'retry', id)).toMatchObject({ state: 'queued' });
    expect((await waitForSuccess(installation, id)).result).toMatchObject({ read: 0 });
  });

  test('jobs, schedules and what jobs stored are listed', async () => {
    expect(await installation.ask('jobs')).toMatchObject([{ name: 'mail-triage', version: 1 }]);
    expect(await installation.ask('schedules', 'list')).toMatchObject([
      { name: 'mail-triage', cron: '*/5 * * * *', late: false },
    ]);
    const found = await installation.ask<{ total: number; hits: { kind: string }[] }>(
      'search',
      'invoice',
    );
    expect(found.total).toBeGreaterThan(0);
    expect(found.hits.every(({ kind }) => kind === 'mail')).toBe(true);
    const shown = await installation.command('search', 'invoice', '--facet', 'mailbox:sample');
    expect(shown.output).toContain('By facet:');
  });

  test('a second start is told who holds the folder, in one sentence', async () => {
    const { status, errors } = await installation.command('start');
    expect(status).toBe(1);
    expect(errors).toContain(`in use by process ${started.pid}`);
    expect(errors.trim().split('\n')).toHaveLength(1);
  });
});

describe('stopping', () => {
  test('SIGINT gives back what does not finish in time, and the next start goes on with it', async () => {
    await using installation = await openTestInstallation('embedded', { NIGHTSHIFT_GRACE: '0s' });
    const first = await installation.start();
    const id = await beginTriage(installation);
    first.kill('SIGINT');
    expect(await first.ended()).toBe(0);
    expect(first.errors).toContain('once more stops at once');
    const [run, attempts] = await installation.look(
      async (database) =>
        [await findRun(database, id), await listPastAttempts(database, id)] as const,
    );
    expect(run).toMatchObject({ state: 'queued', failures: 0, losses: 0 });
    expect(attempts).toMatchObject([{ attempt: 1, ending: 'given back' }]);
    await installation.start();
    await waitForSuccess(installation, id);
  }, 240_000);

  test('SIGTERM lets what runs finish', async () => {
    await using installation = await openTestInstallation('embedded', { NIGHTSHIFT_GRACE: '1m' });
    const started = await installation.start();
    const id = await beginTriage(installation);
    started.kill('SIGTERM');
    expect(await started.ended()).toBe(0);
    expect(await installation.look((database) => findRun(database, id))).toMatchObject({
      state: 'succeeded',
      attempt: 1,
    });
  }, 240_000);

  test('a second SIGINT stops at once, with status 130', async () => {
    await using installation = await openTestInstallation('embedded', { NIGHTSHIFT_GRACE: '10m' });
    const started = await installation.start();
    await beginTriage(installation);
    started.kill('SIGINT');
    await started.said(/once more stops at once/, patientMs);
    started.kill('SIGINT');
    expect(await started.ended()).toBe(130);
  }, 240_000);

  test('after kill -9 a stale socket is no obstacle, and the next start goes on at once', async () => {
    await using installation = await openTestInstallation('embedded');
    const first = await installation.start();
    const id = await beginTriage(installation);
    first.kill('SIGKILL');
    await first.ended();
    const socket = join(installation.env['NIGHTSHIFT_DATA']!, 'nightshift.sock');
    expect(existsSync(socket)).toBe(true);
    await installation.start();
    expect(await waitForSuccess(installation, id)).toMatchObject({
      attempt: 2,
      losses: 1,
      pastAttempts: [{ attempt: 1, ending: 'lost' }],
    });
  }, 240_000);
});

describe('the data folder', () => {
  test('may have a path too long for a socket, which then lies elsewhere', async () => {
    await using installation = await openTestInstallation('embedded');
    const folder = join(installation.folder, 'long'.repeat(40));
    const env = { ...installation.env, NIGHTSHIFT_DATA: folder };
    const started = await installation.start(env);
    const socket = socketPathOf(parseConfig(env))!;
    expect(socket.startsWith(folder)).toBe(false);
    expect(existsSync(socket)).toBe(true);
    const { status, output } = await runCommand(['jobs', '--json'], { env });
    expect([status, JSON.parse(output)]).toMatchObject([0, [{ name: 'mail-triage' }]]);
    started.kill('SIGINT');
    expect(await started.ended()).toBe(0);
    expect(existsSync(socket)).toBe(false);
  }, 240_000);

  test('may hold a file where the socket goes', async () => {
    await using installation = await openTestInstallation('embedded');
    const socket = join(installation.env['NIGHTSHIFT_DATA']!, 'nightshift.sock');
    await writeFile(socket, 'left behind');
    await installation.start();
    expect(await installation.ask('jobs')).toHaveLength(1);
  }, 240_000);
});
