import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimRefused, claimRuns } from '../../src/ledger/claim.ts';
import {
  beat,
  insertRuns,
  ledgerMigrations,
  listStray,
  newId,
  registerWorker,
} from '../../src/ledger/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { won } from '../support/won.ts';

const detectionMs = 15_000;
let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

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

async function makeRun(holder: string): Promise<{ run: string; delivery: string }> {
  const [id, delivery] = [newId(), newId()];
  await insertRuns(place.database, [
    { id, delivery, job: 'adding', version: 1, payload: {}, priority: 0 },
  ]);
  await claimRuns(place.database, [{ run: id, delivery, worker: holder }]);
  return { run: id, delivery };
}

test('a delivery that comes again takes over from a silent worker only where silence proves death', async () => {
  const { database } = place;
  const silent = await makeWorker(16, 100);
  const run = await makeRun(silent);
  const take = async (worker: string) =>
    won((await claimRefused(database, [{ ...run, worker }], detectionMs))[0])?.attempt;
  const beatNow = (worker: string) =>
    beat(database, { worker, sample: {}, inHand: [], longestGapMs: detectionMs / 2 });

  const afterOutage = await makeWorker(12, 100);
  await beatNow(afterOutage);
  expect(await take(afterOutage)).toBeUndefined();

  const neverAway = await makeWorker(5, 16);
  await beatNow(neverAway);
  expect(await take(neverAway)).toBe(2);
});

test('a run that its living worker does not have in hand is a stray, once it has said so', async () => {
  const { database } = place;
  const worker = await makeWorker(0, 100);
  const [held, stray, fresh] = [
    await makeRun(worker),
    await makeRun(worker),
    await makeRun(worker),
  ];
  const strays = async () =>
    (await listStray(database, { from: zero, to: last, detectionMs }))
      .filter((one) => one.worker === worker)
      .map(({ run }) => run);
  await database.query(
    `update nightshift.runs set started_at = now() - interval '16 seconds' where id = any($1::uuid[])`,
    [[held.run, stray.run]],
  );
  expect(await strays()).toEqual([]);
  await beat(database, { worker, sample: {}, inHand: [held.run], longestGapMs: 7500 });
  expect(await strays()).toEqual([stray.run]);
  expect(fresh.run).not.toBe(stray.run);
});

const zero = '00000000-0000-0000-0000-000000000000';
const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
