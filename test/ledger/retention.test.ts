import pg from 'pg';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import type { Database } from '../../src/db/index.ts';
import { ensurePartitions, ledgerMigrations, newId, retireRuns } from '../../src/ledger/index.ts';
import { retryRuns } from '../../src/ledger/retry.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const day = 86_400_000;
const keepMs = 90 * day;

describe.each(databaseKinds)('on %s', (kind) => {
  let place: TestDatabase;
  let database: Database;
  const retention = { keepMs, shared: kind === 'postgres' };
  beforeEach(async () => {
    place = await openTestDatabase(kind, ledgerMigrations);
    database = place.database;
  });
  afterEach(() => place[Symbol.asyncDispose]());

  /** The partitions of the week that was `days` ago, as if Nightshift had run then; answers its name. */
  async function makeWeek(days: number): Promise<string> {
    const [row] = await database.query<{ week: string }>(
      `select to_char((now() at time zone 'UTC') - $1 * interval '1 day', 'IYYY"w"IW') as week`,
      [days],
    );
    const week = row!.week;
    for (const parent of ['runs', 'attempts', 'steps', 'logs']) {
      await database.query(
        `create table nightshift.${parent}_${week} (like nightshift.${parent} including all)`,
      );
      await database.query(`select nightshift.attach_week($1, $2)`, [parent, week]);
    }
    return week;
  }

  /** A run accepted `days` ago, with a line of log and a step. */
  async function insertRun(days: number, state: string): Promise<string> {
    const id = v7({ msecs: Date.now() - days * day });
    await database.query(
      `insert into nightshift.runs (id, delivery, job, version, state, payload, priority, run_at, attempt, finished_at)
       values ($1, $2, 'old', 1, $3, '{}', 0, now(), 1, case when $3 in ('succeeded', 'failed') then now() end)`,
      [id, newId(), state],
    );
    await database.query(
      `insert into nightshift.logs (run_id, attempt, at, level, message) values ($1, 1, now(), 'info', 'x')`,
      [id],
    );
    await database.query(
      `insert into nightshift.steps (run_id, name, attempt, took_ms) values ($1, 's', 1, 1)`,
      [id],
    );
    return id;
  }

  const listIds = async (table: string, column: string) =>
    (await database.query<{ id: string }>(`select ${column} as id from nightshift.${table}`)).map(
      ({ id }) => id,
    );

  test('weeks older than that go whole, younger ones stay', async () => {
    const weeks = [await makeWeek(120), await makeWeek(80)];
    const [old, young] = [await insertRun(120, 'succeeded'), await insertRun(80, 'succeeded')];
    expect(await retireRuns(database, retention)).toMatchObject({ weeks: [weeks[0]], runs: 0 });
    expect(await listIds('runs', 'id')).toEqual([young]);
    expect(await listIds('logs', 'run_id')).not.toContain(old);
    const tables = await database.query(`select from pg_class where relname like '%' || $1`, [
      weeks[0],
    ]);
    expect(tables).toEqual([]);
    expect(await retireRuns(database, retention)).toEqual({ weeks: [], runs: 0, firings: 0 });
    expect(await ensurePartitions(database)).toBe(0);
  });

  test('a week with an unfinished run keeps it and loses the finished ones, and goes when that has ended', async () => {
    const week = await makeWeek(120);
    const late = await insertRun(120, 'queued');
    for (let i = 0; i < 3; i++) await insertRun(120, 'succeeded');
    expect(await retireRuns(database, retention)).toMatchObject({ weeks: [], runs: 3 });
    for (const [table, column] of [
      ['runs', 'id'],
      ['logs', 'run_id'],
      ['steps', 'run_id'],
    ] as const)
      expect(await listIds(table, column)).toEqual([late]);
    await database.query(
      `update nightshift.runs set state = 'succeeded', finished_at = now() where id = $1`,
      [late],
    );
    expect(await retireRuns(database, retention)).toMatchObject({ weeks: [week] });
    expect(await listIds('runs', 'id')).toEqual([]);
  });

  test('a week that a crash left detached with an unfinished run is brought back', async () => {
    const week = await makeWeek(120);
    const late = await insertRun(120, 'queued');
    await insertRun(120, 'succeeded');
    await database.query(`alter table nightshift.runs detach partition nightshift.runs_${week}`);
    expect(await retireRuns(database, retention)).toMatchObject({ weeks: [], runs: 1 });
    expect(await listIds('runs', 'id')).toEqual([late]);
    expect(await listIds('steps', 'run_id')).toEqual([late]);
  });

  test('firings go with their age', async () => {
    await database.query(
      `insert into nightshift.firings (schedule, due, run_id) values
         ('s', now() - interval '91 days', $1), ('s', now() - interval '89 days', $1)`,
      [newId()],
    );
    expect(await retireRuns(database, retention)).toMatchObject({ firings: 1 });
  });

  if (kind === 'pglite') return;

  test('a run that is retried while its week goes brings the week back, with all that it remembers', async () => {
    const week = await makeWeek(120);
    const run = await insertRun(120, 'failed');
    await using client = await connect(place);
    const person = openSql(client);
    // One who began before the week was taken aside still sees it, and holds the detaching up.
    await person.query('begin isolation level repeatable read');
    await person.query('select from nightshift.runs');
    const retiring = retireRuns(database, retention);
    await untilDetaching(`runs_${week}`);
    expect(await retryRuns(person, [{ id: run }])).toBe(1);
    await person.query('commit');
    expect(await retiring).toMatchObject({ weeks: [], runs: 0 });
    expect(await listIds('runs', 'id')).toEqual([run]);
    expect(await listIds('steps', 'run_id')).toEqual([run]);
    expect(await listIds('attempts', 'run_id')).toEqual([run]);
    expect(await listIds('logs', 'run_id')).toEqual([run]);
  });

  test('a week that a crash left half detached with an unfinished run is brought back', async () => {
    const week = await makeWeek(120);
    const run = await insertRun(120, 'failed');
    await using client = await connect(place);
    const person = openSql(client);
    await person.query('begin isolation level repeatable read');
    await person.query('select from nightshift.runs');
    await using doomed = await connect(place);
    await doomed.query(`set lock_timeout = '200ms'`);
    await expect(
      doomed.query(
        `alter table nightshift.runs detach partition nightshift.runs_${week} concurrently`,
      ),
    ).rejects.toMatchObject({ code: '55P03' });
    await retryRuns(person, [{ id: run }]);
    await person.query('commit');
    expect(await listIds('runs', 'id')).toEqual([]);
    expect(await retireRuns(database, retention)).toMatchObject({ weeks: [], runs: 0 });
    expect(await listIds('runs', 'id')).toEqual([run]);
  });

  async function untilDetaching(partition: string): Promise<void> {
    await until(async () => {
      const pending = await database.query(
        `select from pg_inherits where inhrelid = ('nightshift.' || $1)::regclass and inhdetachpending`,
        [partition],
      );
      return pending.length > 0;
    });
  }

  test('what a crash left between detach and drop is finished by the next pass', async () => {
    const week = await makeWeek(120);
    await insertRun(120, 'succeeded');
    await using reader = await connect(place);
    // A transaction that has read the table holds a concurrent detach half way.
    await reader.query('begin isolation level repeatable read');
    await reader.query('select count(*) from nightshift.runs');
    await reader.query('select count(*) from nightshift.logs');
    await using doomed = await connect(place);
    await doomed.query(`set lock_timeout = '200ms'`);
    await expect(
      doomed.query(
        `alter table nightshift.logs detach partition nightshift.logs_${week} concurrently`,
      ),
    ).rejects.toMatchObject({ code: '55P03' });
    await reader.query('commit');
    await database.query(`alter table nightshift.steps detach partition nightshift.steps_${week}`);
    expect(await retireRuns(database, retention)).toMatchObject({ weeks: [week] });
    expect(await listIds('runs', 'id')).toEqual([]);
  });

  test('readers and writers are not locked out while a week goes', async () => {
    const weeks = [await makeWeek(120), await makeWeek(150)];
    await insertRun(120, 'succeeded');
    const young = await insertRun(0, 'queued');
    await using holder = await connect(place);
    await holder.query('begin');
    await holder.query('update nightshift.runs set priority = 1 where id = $1', [young]);
    // It waits for this transaction, and meanwhile nobody waits for it.
    const retiring = retireRuns(database, retention);
    await using other = await connect(place);
    await other.query(`set lock_timeout = '500ms'`);
    for (let i = 0; i < 20; i++) {
      await other.query(`select count(*) from nightshift.runs where finished_at is null`);
      await other.query(`update nightshift.runs set failures = failures + 1 where id = any($1)`, [
        [newId()],
      ]);
      await other.query(
        `insert into nightshift.steps (run_id, name, attempt, took_ms) values ($1, 'x', 1, 1)`,
        [newId()],
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await holder.query('commit');
    expect((await retiring).weeks).toEqual(weeks.toSorted());
  });
});

async function connect({ options }: TestDatabase): Promise<pg.Client & AsyncDisposable> {
  if (options.kind !== 'postgres') throw new Error('only a server has other sessions');
  const client = new pg.Client({ connectionString: options.url });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

function openSql(client: pg.Client): Sql {
  return {
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
  };
}
