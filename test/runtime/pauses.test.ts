import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writePause } from '../../src/ledger/index.ts';
import { newRun, resumeJob } from '../../src/runtime/index.ts';
import { jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';
import { won } from '../support/won.ts';

const resting = jobOf('resting', () => Promise.resolve());
const other = jobOf('other', () => Promise.resolve());

describe.each(['embedded', 'postgres', 'cluster'] as const)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [resting, other]);
  });
  afterAll(() => runtime[Symbol.asyncDispose]());

  test('a claim of a paused job is put off, and one of another job is not', async () => {
    const { database, ledger } = runtime;
    const runs = [resting, other].map((job) => newRun(job, {}, { priority: 0 }));
    for (const run of runs) await ledger.accept(run);
    await writePause(database, { job: 'resting' });
    const answers = await Promise.all(
      runs.map(({ id, delivery }) => ledger.claim({ run: id, delivery, worker: id })),
    );
    expect(answers[0]).toMatchObject({ earlyMs: 1000 });
    expect(won(answers[1])).toMatchObject({ job: 'other', attempt: 1 });
  });

  test('a run that was delivered while its job was paused begins when it is resumed', async () => {
    const { database, queues } = runtime;
    await resumeJob({ sql: database, queues }, 'resting');
    await runtime.work();
    // Only the claim knows of it: no worker is told.
    await database.query('alter table nightshift.queues disable trigger tell_pause');
    await writePause(database, { job: 'resting' });
    const id = await runtime.enqueuer.enqueue('resting', {});
    await until(async () => (await queues.counts('resting')).delayed === 1);
    await resumeJob({ sql: database, queues }, 'resting');
    await until(async () => (await stateOf(id)) === 'succeeded');
  });

  async function stateOf(id: string): Promise<string | undefined> {
    const [row] = await runtime.database.query<{ state: string }>(
      'select state from nightshift.runs where id = $1',
      [id],
    );
    return row?.state;
  }
});
