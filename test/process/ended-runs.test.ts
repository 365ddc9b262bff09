import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../../src/cli/api.ts';
import type { Run } from '../../src/core/run.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { until } from '../support/until.ts';

const nowhere = '00000000-0000-7000-8000-000000000000';

/** What people do at three in the morning, with the commands, on whole processes. */
describe.each(['embedded', 'postgres'] as const)('on the %s footprint', (footprint) => {
  let installation: TestInstallation;
  const failed: string[] = [];
  let api: Api;
  const stateOf = async (id: string) => (await api.get<Run>(`/runs/${id}`)).state;
  beforeAll(async () => {
    installation = await openTestInstallation(footprint);
    await installation.start();
    api = await installation.openApi();
    for (const name of ['nowhere-1', 'nowhere-2', 'nowhere-3']) {
      const payload = { mailbox: `/nonexistent/${name}` };
      const { id } = await api.post<{ id: string }>('/runs', { job: 'mail-triage', payload });
      failed.push(id);
    }
    for (const id of failed)
      await until(async () => (await stateOf(id)) === 'failed', { timeoutMs: 60_000 });
  }, 180_000);
  afterAll(async () => {
    await api.close();
    await installation[Symbol.asyncDispose]();
  });

  test('what failed is grouped by its cause', async () => {
    const groups = await installation.ask<
      { job: string; count: number; fingerprint: string; latest: string[] }[]
    >('runs', 'failures', '--since', '1h');
    expect(groups).toMatchObject([{ job: 'mail-triage', count: 3 }]);
    const { output } = await installation.command('runs', 'failures');
    expect(output).toContain(groups[0]!.fingerprint);
    const shown = await installation.command('runs', 'show', failed[0]!);
    expect(shown.output).toMatch(new RegExp(`fingerprint +${groups[0]!.fingerprint}`));
    expect(shown.output).toContain(`nightshift runs retry ${failed[0]}`);
    const listed = await installation.ask<{ id: string }[]>(
      'runs',
      'list',
      '--fingerprint',
      groups[0]!.fingerprint,
    );
    expect(listed.map(({ id }) => id).sort()).toEqual([...failed].sort());
  });

  test('a dry run says what a retry would take; the retry takes it, at its rate', async () => {
    const about = ['--job', 'mail-triage', '--state', 'failed', '--since', '1h', '--rate', '0.01'];
    const preview = await installation.command('runs', 'retry', ...about, '--dry-run');
    expect(preview.output).toMatch(/^3 runs would be changed\./);
    expect(await stateOf(failed[2]!)).toBe('failed');
    const { output, status } = await installation.command('runs', 'retry', ...about);
    expect([status, output]).toEqual([0, '3 runs queued again.']);
    const last = await installation.ask<{ shownState: string }>('runs', 'show', failed[2]!);
    expect(last.shownState).toBe('retrying');
    expect(
      await installation.ask('runs', 'cancel', '--state', 'queued', '--job', 'mail-triage'),
    ).toMatchObject({ changed: 2 });
    expect(await stateOf(failed[2]!)).toBe('cancelled');
  });

  test('by ids, each is told; one that is not there does not stop the others', async () => {
    const { output, status } = await installation.command('runs', 'retry', failed[1]!, nowhere);
    expect(status).toBe(1);
    expect(output.split('\n')).toEqual([
      `Run ${failed[1]} of mail-triage is queued again.`,
      `There is no run ${nowhere}. List runs with: nightshift runs list`,
    ]);
    await until(async () => (await stateOf(failed[1]!)) === 'failed');
  });

  test('a replay with another payload is a new run, and both show it', async () => {
    const payload = '{"mailbox":"sample"}';
    const { id } = await installation.ask<{ id: string }>(
      'runs',
      'replay',
      failed[1]!,
      '--payload',
      payload,
    );
    await until(async () => (await stateOf(id)) === 'succeeded', { timeoutMs: 60_000 });
    expect((await installation.command('runs', 'show', id)).output).toMatch(
      new RegExp(`replay of +${failed[1]}`),
    );
    expect((await installation.command('runs', 'show', failed[1]!)).output).toMatch(
      new RegExp(`replayed by +${id}`),
    );
    expect(await installation.ask<{ read: number }>('runs', 'result', id)).toMatchObject({
      read: expect.any(Number) as number,
    });
    const refused = await installation.command('runs', 'replay', failed[1]!, '--payload', '{}');
    expect([refused.status, refused.errors]).toEqual([2, expect.stringContaining('mailbox')]);
  });
});

describe('wrong use', () => {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = await openTestInstallation('postgres');
  });
  afterAll(() => installation[Symbol.asyncDispose]());

  test.each<[string, string[], number, RegExp]>([
    ['an id that is none', ['show', '4711'], 2, /"4711" is not the id of a run/],
    ['an id that would be a path', ['show', '../jobs'], 2, /is not the id of a run/],
    ['a run that is not there', ['result', nowhere], 1, /There is no run/],
    ['a state that is none', ['list', '--state', 'broken'], 2, /Allowed choices are queued/],
    ['a retry of what succeeded', ['retry', '--state', 'succeeded'], 2, /Allowed choices/],
    ['a time that is none', ['failures', '--since', 'yesterday'], 2, /Write 30m, 2h/],
    ['a rate that is none', ['retry', '--job', 'a', '--rate', 'fast'], 2, /runs per second/],
    ['a retry of everything', ['retry'], 2, /say that you mean all/],
    ['a cancel of everything', ['cancel'], 2, /say that you mean all/],
    ['ids and a filter', ['retry', nowhere, '--job', 'a'], 2, /not both at once/],
    ['a payload that is not JSON', ['replay', nowhere, '--payload', '{'], 2, /It is not JSON/],
  ])('%s is refused', async (_, args, status, says) => {
    const result = await installation.command('runs', ...args);
    expect([result.status, result.output]).toEqual([status, '']);
    expect(result.errors).toMatch(says);
  });
});

test('a large result is in the archive, its row says where, and the whole of it is printed', async () => {
  await using installation = await openTestInstallation('postgres', {
    NIGHTSHIFT_RESULT_INLINE: '64b',
    NIGHTSHIFT_ARCHIVE: 'shared',
  });
  await installation.start();
  const { id } = await installation.ask<{ id: string }>(
    'enqueue',
    'mail-triage',
    '--payload',
    '{"mailbox":"sample"}',
  );
  const run = await until(
    async () => {
      const found = await installation.ask<Run>('runs', 'show', id);
      return found.state === 'succeeded' ? found : undefined;
    },
    { timeoutMs: 60_000 },
  );
  expect(run).toMatchObject({ result: null, artifact: { bytes: expect.any(Number) as number } });
  const file = join(installation.folder, 'shared', run.artifact!.key);
  expect((await stat(file)).size).toBeGreaterThan(0);
  const shown = await installation.command('runs', 'show', id);
  expect(shown.output).toMatch(
    /result +[\d.]+kb in the archive; print it with: nightshift runs result/,
  );
  expect(shown.output).toMatch(/step list new mails: .* in the archive/);
  const result = await installation.ask<object>('runs', 'result', id);
  expect(result).toMatchObject({ mailbox: 'sample', read: 129 });
  expect(Buffer.byteLength(JSON.stringify(result))).toBe(run.artifact!.bytes);

  await rm(file);
  const gone = await installation.command('runs', 'result', id);
  expect([gone.status, gone.errors]).toEqual([1, expect.stringContaining(run.artifact!.key)]);
});
