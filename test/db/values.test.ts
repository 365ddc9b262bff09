import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';

let places: TestDatabase[];

beforeAll(async () => {
  places = await Promise.all(databaseKinds.map((kind) => openTestDatabase(kind)));
});
afterAll(() => Promise.all(places.map((place) => place[Symbol.asyncDispose]())));

/** What both databases answer; fails when they differ. */
async function askBoth(text: string, values: unknown[] = []): Promise<unknown> {
  const [first, second] = await Promise.all(
    places.map(({ database }) => database.query(text, values)),
  );
  expect(first).toStrictEqual(second);
  return first;
}

test.each([
  ['int8', '9007199254740991', 9007199254740991],
  ['int8[]', '{1,NULL,3}', [1, null, 3]],
  ['int4', '7', 7],
  ['int4[]', '{1,2}', [1, 2]],
  ['float8', '0.1', 0.1],
  ['numeric', '1.10', '1.10'],
  ['numeric[]', '{1.10}', ['1.10']],
  ['boolean', 't', true],
  ['boolean[]', '{t,NULL}', [true, null]],
  ['text', 'ä "quoted" \\ 語', 'ä "quoted" \\ 語'],
  ['text[]', '{"a,b",NULL,"c\\"d",""}', ['a,b', null, 'c"d', '']],
  ['text[]', '{}', []],
  ['text[]', '{{a,b},{c,d}}', [['a', 'b'], ['c', 'd']]], // biome-ignore format: a table
  ['uuid', '0198c5a0-0000-7000-8000-000000000001', '0198c5a0-0000-7000-8000-000000000001'],
  ['uuid[]', '{0198c5a0-0000-7000-8000-000000000001}', ['0198c5a0-0000-7000-8000-000000000001']],
  ['jsonb', '{"a": [1, null, "x"]}', { a: [1, null, 'x'] }],
  ['jsonb', 'null', null],
  ['jsonb[]', '{"{\\"a\\": 1}",NULL}', [{ a: 1 }, null]],
  ['json', '[1, 2]', [1, 2]],
  ['timestamptz', '2026-03-29 03:30:00.123+02', new Date('2026-03-29T01:30:00.123Z')],
  ['timestamptz[]', '{2026-01-01 00:00:00+00}', [new Date('2026-01-01T00:00:00Z')]],
  ['timestamp', '2026-03-29 02:30:00', '2026-03-29 02:30:00'],
  ['date', '2026-03-29', '2026-03-29'],
  ['interval', '1 day 02:00:00', '1 day 02:00:00'],
  ['date[]', '{2026-03-29}', ['2026-03-29']],
  ['bytea', '\\x00ff', Buffer.from([0, 255])],
  ['int4range', '[1,5)', '[1,5)'],
  ['tsvector', "'a':1", "'a':1"],
  ['inet', '10.0.0.1', '10.0.0.1'],
])('%s of %j is the same value on both databases', async (type, text, value) => {
  expect(await askBoth(`select $1::text::${type} as v`, [text])).toStrictEqual([{ v: value }]);
});

test('an enum made later, and an array of it, are text on both databases', async () => {
  await askBoth(`create type public.mood as enum ('sad', 'glad')`);
  const text = `select 'glad'::public.mood as one, '{sad,glad}'::public.mood[] as many`;
  expect(await askBoth(text)).toEqual([{ one: 'glad', many: '{sad,glad}' }]);
});

test.each<[string, unknown]>([
  ['jsonb', { a: [1, 'two', null], at: new Date(0) }],
  ['jsonb', '"a string of JSON"'],
  ['jsonb', 5],
  ['jsonb', true],
  ['jsonb[]', [{ a: 1 }, { b: '"' }]],
  ['text', { an: 'object' }],
  ['text', 12],
  ['text[]', ['a,b', 'c"d', null, 'e\\f', 'NULL', '']],
  ['text[]', []],
  ['int8', 2n ** 40n],
  ['int8[]', [1, null, 3n]],
  ['boolean', false],
  ['boolean[]', [true, false]],
  ['timestamptz', new Date('2026-03-29T01:30:00.123Z')],
  ['timestamptz[]', [new Date(0), null]],
  ['bytea', new Uint8Array([0, 92, 255])],
  ['bytea', Buffer.from('text')],
  ['bytea[]', [new Uint8Array([0, 92, 255]), Buffer.from('b')]],
  ['float8', 1e-7],
  ['text', null],
  ['text', undefined],
])('a parameter %s of %o arrives the same in both databases', async (type, value) => {
  const rows = (await askBoth(`select $1::${type} as v, $1::${type}::text as t`, [value])) as [
    { t: string | null },
  ];
  expect(rows[0].t === null).toBe(value === null || value === undefined);
});

test('a list given where jsonb is wanted fails on both databases, and does not differ', async () => {
  for (const { database } of places)
    await expect(database.query('select $1::jsonb', [[1, 2]])).rejects.toMatchObject({
      code: '22P02',
    });
});

test('the session is in UTC on both databases', async () => {
  const text = `select (timestamptz '2026-01-01 00:30+01')::date as day, current_setting('TimeZone') as zone`;
  expect(await askBoth(text)).toEqual([{ day: '2025-12-31', zone: 'UTC' }]);
});
