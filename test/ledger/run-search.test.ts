import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWords } from '../../src/core/run-words.ts';
import { insertRuns, ledgerMigrations, newId, searchRuns } from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';

test.each([
  ['', []],
  ['  paid   order ', ['paid', 'order']],
  ['"not paid" order', ['not paid', 'order']],
  ['order order', ['order']],
  ['"open', ['open']],
  ['say"so"', ['say', 'so']],
])('%j is read as the words %j', (text, words) => {
  expect(readWords(text)).toEqual(words);
});

describe.each(databaseKinds)('a search of runs on %s', (kind) => {
  let place: TestDatabase;
  const ids = new Map<string, string>();
  const payloads: Record<string, unknown> = {
    plain: { customer: 'Acme & Sons', amount: 4711 },
    nested: { lines: [{ text: 'Rechnung für Müller' }] },
    quoted: { said: 'he said "no"\nand left' },
    percent: { rate: '100%_sure' },
    other: { customer: 'Initech' },
  };
  beforeAll(async () => {
    place = await openTestDatabase(kind, ledgerMigrations);
    const run = (name: string, payload: unknown) => {
      const id = newId();
      ids.set(name, id);
      return {
        id,
        delivery: newId(),
        job: name === 'other' ? 'b' : 'a',
        version: 1,
        payload,
        priority: 0,
      };
    };
    await insertRuns(
      place.database,
      Object.entries(payloads).map(([name, payload]) => run(name, payload)),
    );
    const { database } = place;
    await database.query(
      `update nightshift.runs set key = 'tenant-9', result = '{"sent": "ok"}', error = '{"name": "E", "message": "disk full"}' where id = $1`,
      [ids.get('other')],
    );
    await database.query(
      `insert into nightshift.logs (run_id, attempt, at, level, message, data) values ($1, 1, now(), 'info', 'Reading INBOX', '{"mails": 12}')`,
      [ids.get('plain')],
    );
    await database.query(
      `insert into nightshift.steps (run_id, name, attempt, result, took_ms) values ($1, 'look', 1, '"zebra"', 1)`,
      [ids.get('nested')],
    );
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const find = async (words: string[], query: object = {}) => {
    const { runs } = await searchRuns(place.database, { words, limit: 10, ...query });
    const names = new Map([...ids].map(([name, id]) => [id, name]));
    return runs.map(({ id }) => names.get(id)!);
  };

  test.each([
    [['acme'], ['plain']],
    [['4711'], ['plain']],
    [['MÜLLER'], ['nested']],
    [['"no"'], ['quoted']],
    [['"no"\nand'], ['quoted']],
    [['100%_s'], ['percent']],
    [['100_'], []],
    [['customer'], ['other', 'plain']],
    [['customer', 'initech'], ['other']],
    [['customer', 'nobody'], []],
    [['tenant-9'], ['other']],
    [['disk full'], ['other']],
    [['reading inbox', '12'], ['plain']],
    [['zebra'], ['nested']],
  ])('%j finds %j, in payload, key, result, error, log or steps', async (words, names) => {
    expect(await find(words)).toEqual(names);
  });

  test('keeps to the filter', async () => {
    expect(await find(['customer'], { job: 'a' })).toEqual(['plain']);
    expect(await find(['customer'], { within: ['b*'] })).toEqual(['other']);
  });

  test('pages through more runs than are looked at together, without a gap', async () => {
    const many = Array.from({ length: 2500 }, (_, n) => ({
      id: newId(),
      delivery: newId(),
      job: 'many',
      version: 1,
      payload: { n, rare: n % 500 === 0 ? 'needle' : 'hay' },
      priority: 0,
    }));
    await insertRuns(place.database, many);
    const found: number[] = [];
    for (let before: string | undefined; ; ) {
      const page = await searchRuns(place.database, { words: ['needle'], limit: 2, before });
      expect(page.runs.length).toBeLessThanOrEqual(2);
      found.push(...page.runs.map(({ payload }) => (payload as { n: number }).n));
      if (page.lookedTo === null) break;
      before = page.lookedTo;
    }
    expect(found).toEqual([2000, 1500, 1000, 500, 0]);
  });
});
