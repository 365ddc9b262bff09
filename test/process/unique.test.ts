import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { createTestPlace } from '../support/database.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import type { OfferingOptions } from './fixtures/offering.ts';

const offering = join(import.meta.dirname, 'fixtures/offering.ts');

interface Offered {
  readonly id: string;
  readonly existing: boolean;
}

/** So many processes that are told to begin at the same moment. */
async function startAll(count: number, options: OfferingOptions): Promise<TestProcess[]> {
  const args = [JSON.stringify(options)];
  const started = Array.from({ length: count }, () =>
    startProcess(offering, args, { input: true }),
  );
  await Promise.all(started.map((child) => child.line(/^ready/, 60_000)));
  for (const child of started) child.write('go');
  return started;
}

test('of four processes that enqueue one key fifty times at the same moment, one makes the run', async () => {
  await using place = await createTestPlace('postgres', ledgerMigrations);
  const options = { database: place.options, keys: ['only one'], times: 50 };
  const started = await startAll(4, options);
  const lines = await Promise.all(started.map((child) => child.line(/^offered/, 60_000)));
  const offers = lines.flatMap((line) => JSON.parse(line.slice('offered '.length)) as Offered[]);
  expect(await Promise.all(started.map((child) => child.ended()))).toEqual([0, 0, 0, 0]);
  expect(offers).toHaveLength(200);
  expect(offers.filter(({ existing }) => !existing)).toHaveLength(1);
  const database = await openDatabase(place.options);
  const runs = await database.query<{ id: string }>('select id from nightshift.runs');
  await database.close();
  expect(runs.map(({ id }) => id)).toEqual([...new Set(offers.map(({ id }) => id))]);
});

test('processes that die among many keys leave none without its run, and no run without its key', async () => {
  await using place = await createTestPlace('postgres', ledgerMigrations);
  const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
  const options = { database: place.options, keys, times: 2, kill: 250 };
  const started = await startAll(3, options);
  expect(await Promise.all(started.map((child) => child.ended()))).toEqual(
    Array<string>(3).fill('SIGKILL'),
  );
  const database = await openDatabase(place.options);
  const [torn] = await database.query(
    `select count(*) filter (where r.id is null) as without_run, count(*) filter (where k.key is null) as without_key,
       count(*) - count(distinct r.uniqueness ->> 'key') as doubled
     from nightshift.unique_keys k full join nightshift.runs r on r.id = k.run_id`,
  );
  await database.close();
  expect(torn).toEqual({ without_run: 0, without_key: 0, doubled: 0 });
});
