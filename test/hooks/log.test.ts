import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { openMigrations } from '../../src/db/index.ts';
import { hooksMigrations } from '../../src/hooks/index.ts';
import {
  deleteDeliveries,
  insertRefused,
  selectActivity,
  selectDeliveries,
  selectDelivery,
  takeKeys,
} from '../../src/hooks/queries.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

const id = '019a9f3e-5c1d-7b7e-8f00-3d1c5a7be001';
let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', hooksMigrations);
  // Two hooks: one that is busy, and one that has been silent.
  await place.database.query(
    `insert into nightshift.hook_deliveries (id, hook, received_at, headers, body_hash, body_size, outcome)
     select gen_random_uuid(), case when i % 1000 = 0 then 'silent' else 'busy' end,
       now() - i * interval '1 minute', '{}', '', 0, case when i % 3 = 0 then 'refused' else 'accepted' end
     from generate_series(1, 30000) as i`,
  );
  await place.database.query(
    `insert into nightshift.hook_keys (hook, key, delivery, seen_at)
     select 'busy', i::text, gen_random_uuid(), now() - i * interval '1 minute' from generate_series(1, 30000) as i`,
  );
  await place.database.query('analyze nightshift.hook_deliveries, nightshift.hook_keys');
});
afterAll(() => place[Symbol.asyncDispose]());

/** How Postgres would find the rows of each statement that `work` runs. */
async function explain(work: (sql: Sql) => Promise<unknown>): Promise<string> {
  const plans: string[] = [];
  const sql: Sql = {
    async query(text, values) {
      const rows = await place.database.query<Record<string, string>>(`explain ${text}`, values);
      plans.push(rows.map((row) => Object.values(row)[0]).join('\n'));
      return [] as never;
    },
  };
  await work(sql);
  return plans.join('\n');
}

const row = {
  id,
  hook: 'busy',
  headers: {},
  bodyHash: '',
  bodySize: 0,
  outcome: 'refused',
} as const;

test.each<[string, (sql: Sql) => Promise<unknown>]>([
  ['the log of a hook', (sql) => selectDeliveries(sql, 'silent', { limit: 20 })],
  ['one delivery', (sql) => selectDelivery(sql, 'busy', id)],
  ['what came lately', (sql) => selectActivity(sql, ['busy', 'silent'])],
  ['how many were refused', (sql) => insertRefused(sql, row, 60)],
  ['known keys', (sql) => takeKeys(sql, { hook: 'busy', keys: ['7', 'x'], delivery: id })],
  ['what is old', (sql) => deleteDeliveries(sql, 20 * 86_400_000)],
])('%s is found by an index', async (_, work) => {
  const plan = await explain(work);
  expect(plan).toMatch(/Index/);
  expect(plan).not.toMatch(/Seq Scan on hook_/);
});

test('of what is refused no more than so much a minute is written', async () => {
  const refuse = () =>
    insertRefused(place.database, { ...row, hook: 'flooded', id: crypto.randomUUID() }, 3);
  for (let i = 0; i < 5; i++) await refuse();
  expect(await selectDeliveries(place.database, 'flooded', { limit: 10 })).toHaveLength(3);
});

test('the tables go down and up again', async () => {
  await using own = await openTestDatabase('pglite', hooksMigrations);
  const migrations = openMigrations(own.database, hooksMigrations);
  expect(await migrations.down()).toBe('hooks/0001-deliveries');
  await expect(selectActivity(own.database, ['x'])).rejects.toThrow(/hook_deliveries/);
  expect(await migrations.up()).toEqual(['hooks/0001-deliveries']);
  expect(await selectActivity(own.database, ['x'])).toEqual([
    { hook: 'x', lastAt: null, lastDay: {} },
  ]);
});
