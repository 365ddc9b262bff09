import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/index.ts';
import {
  findRun,
  insertRuns,
  ledgerMigrations,
  newId,
  openLedger,
  registerWorker,
  writePause,
  writeResume,
} from '../../src/ledger/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { countWaiting, interleave } from '../support/interleave.ts';
import { until } from '../support/until.ts';

const detectionMs = 15_000;
let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

async function accept({ job = 'adding', delayMs = 0 } = {}) {
  const [id, delivery] = [newId(), newId()];
  await insertRuns(place.database, [
    { id, delivery, job, version: 1, payload: {}, priority: 0, delayMs },
  ]);
  return { run: id, delivery };
}

/** A worker that was last heard of, and had begun to be heard of without a break, so many seconds ago. */
async function makeWorker(heardSeconds: number, beatingSeconds: number): Promise<string> {
  const id = newId();
  await registerWorker(place.database, { id, host: 'here', pid: 1, jobs: ['adding'] });
  await place.database.query(
    `update nightshift.workers set heartbeat_at = now() - $2 * interval '1 second',
       beating_since = now() - $3 * interval '1 second' where id = $1`,
    [id, heardSeconds, beatingSeconds],
  );
  return id;
}

/** A ledger whose first claim is held up after it was refused. */
const ledgerWith = (work: () => unknown) =>
  openLedger(
    interleave(place.database, /^update nightshift\.runs_\w+ r\s+set state = 'active'/, work),
    {
      detectionMs,
    },
  );

test('a run whose time comes just after its claim was refused is asked for again at once', async () => {
  const { database } = place;
  const run = await accept({ delayMs: 60_000 });
  const ledger = ledgerWith(() =>
    database.query(`update nightshift.runs set run_at = now() where id = $1`, [run.run]),
  );
  expect(await ledger.claim({ ...run, worker: newId() })).toMatchObject({ earlyMs: 1 });
});

test('a run whose job is resumed just after its claim was refused is asked for again at once', async () => {
  const { database } = place;
  const run = await accept({ job: 'paused' });
  await writePause(database, { job: 'paused' });
  const ledger = ledgerWith(() => writeResume(database, 'paused'));
  expect(await ledger.claim({ ...run, worker: newId() })).toMatchObject({ earlyMs: 1 });
});

test('a run that has expired is not asked for again', async () => {
  const { database } = place;
  const run = await accept();
  await database.query(
    `update nightshift.runs set expires_at = now() - interval '1 second' where id = $1`,
    [run.run],
  );
  const { claim } = openLedger(database, { detectionMs });
  expect(await claim({ ...run, worker: newId() })).toBeUndefined();
});

test('a claim that was taken is answered though the look at another one, of the same batch, fails', async () => {
  const [due, later] = [await accept(), await accept({ delayMs: 60_000 })];
  const worker = await makeWorker(0, 100);
  const spoilt = interleave(place.database, /"dueMs"/, () => {
    throw new Error('no memory for this one');
  });
  const { claim } = openLedger(spoilt, { detectionMs });
  const answers = await Promise.all(
    [due, later].map((run) => claim({ ...run, worker }).catch(String)),
  );
  expect(answers[0]).toMatchObject({ run: due.run, attempt: 1 });
  expect(answers[1]).toContain('no memory');
});

test('a worker that was itself away until now takes over from nobody', async () => {
  const { database } = place;
  const { claim } = openLedger(database, { detectionMs });
  const silent = await makeWorker(40, 100);
  const run = await accept();
  await claim({ ...run, worker: silent });
  // The database was away for all: who is first to claim when it is back has not beaten yet.
  const first = await makeWorker(38, 100);
  expect(await claim({ ...run, worker: first })).toBeUndefined();
  const well = await makeWorker(5, 100);
  expect(await claim({ ...run, worker: well })).toMatchObject({ attempt: 2, losses: 1 });
});

test('of two that take over from the same dead worker the second takes nothing from the first', async () => {
  const { database } = place;
  const { claim } = openLedger(database, { detectionMs });
  const run = await accept();
  await claim({ ...run, worker: await makeWorker(60, 100) });
  const [first, second] = [await makeWorker(0, 100), await makeWorker(0, 100)];
  // Whoever asks which jobs are paused waits at a gate: between what it saw and the lock of the row.
  await database.query('alter table nightshift.queues rename to queues_behind');
  await database.query(
    `create view nightshift.queues as
     select q.* from (select pg_advisory_xact_lock_shared(7)) gate left join nightshift.queues_behind q on true`,
  );
  const other = await openDatabase(place.options);
  try {
    const held = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const slow = openLedger(
      interleave(database, /^update nightshift\.runs_\w+ r\s+set state = 'active'/, async () => {
        gate.resolve();
        await held.promise;
      }),
      { detectionMs },
    );
    const answer = slow.claim({ ...run, worker: second });
    await gate.promise;
    await other.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock(7)');
      held.resolve();
      await until(async () => (await countWaiting(database)) === 1);
      await tx.query(
        `update nightshift.runs set attempt = 2, losses = 1, worker = $2, started_at = now() where id = $1`,
        [run.run, first],
      );
    });
    expect(await answer).toBeUndefined();
    expect(await findRun(database, run.run)).toMatchObject({ attempt: 2, worker: first });
  } finally {
    await other.close();
    await database.query('drop view nightshift.queues');
    await database.query('alter table nightshift.queues_behind rename to queues');
  }
});
