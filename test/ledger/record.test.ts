import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertRuns, ledgerMigrations, newId, openLedger } from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';

let places: TestDatabase[];
beforeAll(async () => {
  places = await Promise.all(databaseKinds.map((kind) => openTestDatabase(kind, ledgerMigrations)));
});
afterAll(() => Promise.all(places.map((place) => place[Symbol.asyncDispose]())));

/** What the row of a run has whose attempt succeeded with `result`, as text. */
async function keep({ database }: TestDatabase, result: unknown): Promise<string | null> {
  const [id, delivery] = [newId(), newId()];
  await insertRuns(database, [
    { id, delivery, job: 'adding', version: 1, payload: {}, priority: 0 },
  ]);
  const { claim, record } = openLedger(database, { detectionMs: 15_000 });
  await claim({ run: id, delivery, worker: newId() });
  const fence = { run: id, delivery, attempt: 1 };
  expect(await record({ fence, outcome: { state: 'succeeded', result } })).toBe(true);
  const [row] = await database.query<{ result: string | null }>(
    'select result::text as result from nightshift.runs where id = $1',
    [id],
  );
  return row!.result;
}

test.each<[string, unknown, string | null]>([
  ['nothing', undefined, null],
  ['null', null, null],
  ['a function', () => 1, null],
  ['a text with what arrays are written by', 'a "b", {c}\\ NULL', '"a \\"b\\", {c}\\\\ NULL"'],
  ['the text NULL', 'NULL', '"NULL"'],
  ['the text null', 'null', '"null"'],
  ['a NUL', 'a\0b', '"a\u{FFFD}b"'],
  ['a list', [1, null], '[1, null]'],
  ['a number', 0, '0'],
])('the result %s is kept as it is, alike on both databases', async (_, result, kept) => {
  expect(await Promise.all(places.map((place) => keep(place, result)))).toEqual([kept, kept]);
});
