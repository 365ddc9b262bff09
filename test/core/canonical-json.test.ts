import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { cleanJson } from '../../src/core/clean.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('pglite', ledgerMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

/** What JSON can say, with keys and numbers that are easily got wrong. */
const json = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
  .map((value) => JSON.parse(cleanJson(value)) as unknown);

/** The same with the keys of every object in another order. */
function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([key, item]) => [key, reverseKeys(item)] as const);
  return Object.fromEntries(pairs.reverse());
}

test('the order of keys does not matter, at whatever depth', () => {
  fc.assert(
    fc.property(json, (value) => canonicalJson(reverseKeys(value)) === canonicalJson(value)),
  );
});

test('what differs in anything else has another text', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      const areSame = JSON.stringify(sortKeys(a)) === JSON.stringify(sortKeys(b));
      return (canonicalJson(a) === canonicalJson(b)) === areSame;
    }),
  );
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  expect(canonicalJson('1')).not.toBe(canonicalJson(1));
  expect(canonicalJson({ a: null })).not.toBe(canonicalJson({}));
});

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [`k${key}`, sortKeys(item)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

test('Postgres says the same of every payload', async () => {
  const values = [
    ...fc.sample(json, 300),
    ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 300),
    0,
    -0,
    1e21,
    1e-7,
    5e-324,
    Number.MAX_VALUE,
    2 ** 53 + 2,
    0.1,
    123_456_789_012_345_680_000,
    { '\u{FFFD}': 1, '\u{10000}': 2, a: '\u0001\t\u007F"\\/\u2028' },
  ].map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const rows = await place.database.query<{ text: string }>(
    `select nightshift.canonical_json(value) as text
     from jsonb_array_elements($1::jsonb) with ordinality as one(value, place) order by place`,
    [JSON.stringify(values)],
  );
  expect(rows.map(({ text }) => text)).toEqual(values.map(canonicalJson));
});

test('Postgres sees no difference between numbers that are written differently', async () => {
  const [row] = await place.database.query<{ same: boolean }>(
    `select nightshift.canonical_json('{"a": 10.50, "b": 1e2}') = nightshift.canonical_json('{"b": 100, "a": 10.5}') as same`,
  );
  expect(row).toEqual({ same: true });
});
