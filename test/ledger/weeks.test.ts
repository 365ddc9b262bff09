import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nameOfWeek } from '../../src/core/run-id.ts';
import type { Sql } from '../../src/core/sql.ts';
import {
  findRun,
  insertRuns,
  ledgerMigrations,
  newId,
  openLedger,
} from '../../src/ledger/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

const weekMs = 7 * 86_400_000;
const worker = newId();

/** An id of a run that was accepted so many weeks from now. */
function idAfter(weeks: number): string {
  return v7({ msecs: Date.now() + weeks * weekMs });
}

async function accept(id: string) {
  const run = { id, delivery: newId(), job: 'adding', version: 1, payload: {}, priority: 0 };
  await insertRuns(place.database, [run]);
  return { run: id, delivery: run.delivery };
}

/** A ledger, and the statements that it has sent. */
function openWatched() {
  const statements: string[] = [];
  const query: Sql['query'] = (text, values) => {
    statements.push(text);
    return place.database.query(text, values);
  };
  return { statements, ledger: openLedger({ ...place.database, query }, { detectionMs: 15_000 }) };
}

test('weeks have the names that Postgres gives their partitions', async () => {
  const rows = await place.database.query<{ number: number; name: string }>(
    `select number, to_char(timestamp '1969-12-29' + number * interval '1 week', 'IYYY"w"IW') as name
     from generate_series(0, 5000) as number`,
  );
  expect(rows.map(({ number }) => nameOfWeek(number))).toEqual(rows.map(({ name }) => name));
});

test('a claim and a success of runs of one week are sent to its partition alone', async () => {
  const run = await accept(newId());
  const { ledger, statements } = openWatched();
  await ledger.claim({ ...run, worker });
  await ledger.record({
    fence: { ...run, attempt: 1 },
    outcome: { state: 'succeeded', result: 1 },
  });
  expect(statements).toHaveLength(2);
  for (const text of statements) expect(text).toMatch(/update nightshift\.runs_\d{4}w\d\d r/);
});

test('runs of several weeks are claimed and ended in one batch, each answered in its place', async () => {
  const weeks = [0, 1, 0, 2, 1];
  const runs = await Promise.all(weeks.map((week) => accept(idAfter(week))));
  const { claim, record } = openLedger(place.database, { detectionMs: 15_000 });
  const stale = { run: runs[1]!.run, delivery: newId() };
  const wanted = [runs[0]!, stale, ...runs.slice(1)];
  const claimed = await Promise.all(wanted.map((one) => claim({ ...one, worker })));
  const answered = claimed.map((one) => (one && 'run' in one ? one.run : undefined));
  expect(answered).toEqual(wanted.map((one) => (one === stale ? undefined : one.run)));

  const ends = runs.map((run, i) => ({
    fence: { ...run, attempt: i === 3 ? 7 : 1 },
    outcome: { state: 'succeeded', result: i } as const,
  }));
  expect(await Promise.all(ends.map(record))).toEqual([true, true, true, false, true]);
  for (const [i, { run }] of runs.entries())
    expect(await findRun(place.database, run)).toMatchObject(
      i === 3 ? { state: 'active' } : { state: 'succeeded', result: i },
    );
});

test('what fails in one week of a batch is tried again one by one, and spoils no other', async () => {
  const runs = [await accept(idAfter(0)), await accept(idAfter(1))];
  const { claim, record } = openLedger(place.database, { detectionMs: 15_000 });
  for (const run of runs) await claim({ ...run, worker });
  const results = ['fine', { toJSON: () => 1n }];
  const ended = await Promise.allSettled(
    runs.map((run, i) =>
      record({
        fence: { ...run, attempt: 1 },
        outcome: { state: 'succeeded', result: results[i] },
      }),
    ),
  );
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await findRun(place.database, runs[0]!.run)).toMatchObject({
    state: 'succeeded',
    result: 'fine',
  });
});

test("a run of a week that was never there, or is gone, is nobody's", async () => {
  const { claim, record } = openLedger(place.database, { detectionMs: 15_000 });
  const present = await accept(newId());
  const gone = ['01000000-0000-7000-8000-000000000001', 'ffffffff-ffff-4fff-bfff-ffffffffffff'];
  const wanted = [...gone.map((run) => ({ run, delivery: newId() })), present];
  const claimed = await Promise.all(wanted.map((one) => claim({ ...one, worker })));
  expect(claimed).toEqual([undefined, undefined, expect.objectContaining({ attempt: 1 })]);
  const fence = { ...wanted[0]!, attempt: 1 };
  expect(await record({ fence, outcome: { state: 'succeeded', result: 1 } })).toBe(false);
});

test('a week that retention is detaching, and has detached, takes neither a claim nor an outcome', async () => {
  const { database } = place;
  await database.query(`select nightshift.ensure_partitions(now() + interval '10 weeks')`);
  const [queued, active] = [await accept(idAfter(9)), await accept(idAfter(9))];
  const { claim, record } = openLedger(database, { detectionMs: 15_000 });
  await claim({ ...active, worker });
  const [partition] = await database.query<{ name: string }>(
    `select tableoid::regclass::text as name from nightshift.runs where id = $1`,
    [active.run],
  );
  const { name } = partition!;
  const expectRefusals = async () => {
    expect(await claim({ ...queued, worker })).toBeUndefined();
    const fence = { ...active, attempt: 1 };
    const error = { name: 'Cancel', message: 'no' };
    expect(await record({ fence, outcome: { state: 'succeeded', result: 1 } })).toBe(false);
    expect(await record({ fence, outcome: { state: 'cancelled', error } })).toBe(false);
  };
  let detaching: Promise<unknown> | undefined;
  await database.transaction(async (reader) => {
    await reader.query('select from nightshift.runs limit 1');
    detaching = database.query(`alter table nightshift.runs detach partition ${name} concurrently`);
    const isPending = `select from pg_inherits where inhrelid = '${name}'::regclass and inhdetachpending`;
    await until(async () => (await database.query(isPending)).length > 0);
    await expectRefusals();
  });
  await detaching;
  await expectRefusals();
  const states = await database.query(`select state from ${name} order by state`);
  expect(states).toEqual([{ state: 'active' }, { state: 'queued' }]);
});
