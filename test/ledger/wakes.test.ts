import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideFanIn, fanInPolicies } from '../../src/core/fan-in.ts';
import { isFinal, type RunState } from '../../src/core/run.ts';
import type { Sql } from '../../src/core/sql.ts';
import {
  carryOutWakes,
  checkKeptEvents,
  insertRuns,
  ledgerMigrations,
  newId,
  nextWakeMs,
  openWait,
} from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';

const states: readonly RunState[] = ['queued', 'active', 'succeeded', 'failed', 'cancelled'];
const combinations = states.flatMap((one) =>
  states.flatMap((two) => states.map((three) => [one, two, three] as const)),
);

describe.each(databaseKinds)('on %s', (kind) => {
  let place: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    place = await openTestDatabase(kind, ledgerMigrations);
    sql = place.database;
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const run = (id: string, more = {}) => ({
    id,
    delivery: newId(),
    job: 'parent',
    version: 1,
    payload: {},
    priority: 0,
    ...more,
  });
  const wakeAll = () => place.database.transaction((tx) => carryOutWakes(tx, 10_000));
  const stateOf = async (id: string) =>
    (
      await sql.query<{ state: RunState }>(`select state from nightshift.runs where id = $1`, [id])
    )[0]!.state;
  const finish = (ids: readonly string[], ended: readonly RunState[]) =>
    sql.query(
      `update nightshift.runs r set state = e.state, finished_at = case when e.state = any($3::text[]) then now() end
       from unnest($1::uuid[], $2::text[]) as e(id, state) where r.id = e.id`,
      [ids, ended, states.filter(isFinal)],
    );

  test.each(fanInPolicies)(
    'the ledger wakes the parents that the decision for `%s` lets go on, and no other',
    async (policy) => {
      const parents = combinations.map((ended) => ({
        id: newId(),
        ended,
        children: ended.map(() => newId()),
      }));
      await insertRuns(
        sql,
        parents.flatMap(({ id, children }) => [
          run(id),
          ...children.map((child) => run(child, { parent: id, parentStep: 'all x' })),
        ]),
      );
      for (const { id } of parents)
        await openWait(sql, id, { name: 'all x', kind: 'children', policy, size: 3 });
      const ids = parents.map(({ id }) => id);
      await sql.query(`update nightshift.runs set state = 'blocked' where id = any($1::uuid[])`, [
        ids,
      ]);
      // By the ends of the children, one after the other.
      for (const at of [0, 1, 2]) {
        await finish(
          parents.map(({ children }) => children[at]!),
          parents.map(({ ended }) => ended[at]!),
        );
        await wakeAll();
      }
      const expected = parents.map(({ ended }) =>
        decideFanIn(policy, ended).is === 'pending' ? 'blocked' : 'queued',
      );
      const found = await Promise.all(ids.map(stateOf));
      expect(found).toEqual(expected);
      // By a look at a run that was blocked after they had ended.
      await sql.query(`update nightshift.runs set state = 'blocked' where id = any($1::uuid[])`, [
        ids,
      ]);
      await sql.query(
        `insert into nightshift.wakes (run_id, why) select unnest($1::uuid[]), 'look'`,
        [ids],
      );
      await wakeAll();
      expect(await Promise.all(ids.map(stateOf))).toEqual(expected);
    },
  );

  test('the end of a run that is nobody’s child is no reason to look at anything', async () => {
    const id = newId();
    await insertRuns(sql, [run(id)]);
    await finish([id], ['failed']);
    expect(await wakeAll()).toMatchObject({ looked: 0 });
  });

  test('the children of a cancelled run are cancelled, however many, but not the detached', async () => {
    const id = newId();
    const children = Array.from({ length: 25 }, () => newId());
    const detached = newId();
    await insertRuns(sql, [
      run(id),
      ...children.map((child) => run(child, { parent: id })),
      run(detached, { parent: id, detached: true }),
    ]);
    await finish([id], ['cancelled']);
    let cancelled = 0;
    for (let pass = 0; pass < 4; pass++)
      cancelled += (await place.database.transaction((tx) => carryOutWakes(tx, 10))).cancelled
        .length;
    expect(cancelled).toBe(25);
    expect(await stateOf(detached)).toBe('queued');
  });

  test('it is known when the next blocked run has waited for long enough, and then it is woken', async () => {
    expect(await nextWakeMs(sql)).toBeUndefined();
    const id = newId();
    await insertRuns(sql, [run(id)]);
    await openWait(sql, id, { name: 'event x', kind: 'event', event: 'x', ms: 60_000 });
    await sql.query(`update nightshift.runs set state = 'blocked' where id = $1`, [id]);
    await sql.query(`update nightshift.waits set wake_at = until where run_id = $1`, [id]);
    const ms = await nextWakeMs(sql);
    expect(ms).toBeGreaterThan(50_000);
    expect(ms).toBeLessThanOrEqual(60_000);
    expect(await wakeAll()).toMatchObject({ woken: 0 });
    await sql.query(
      `update nightshift.waits set until = now(), wake_at = now() where run_id = $1`,
      [id],
    );
    expect(await wakeAll()).toMatchObject({ woken: 1 });
    expect(await nextWakeMs(sql)).toBeUndefined();
  });

  test('an event that its sender and its waiter missed is brought together', async () => {
    const id = newId();
    await insertRuns(sql, [run(id)]);
    await sql.query(`select nightshift.send_event('met', '1')`);
    await openWait(sql, id, { name: 'event met', kind: 'event', event: 'met' });
    await sql.query(`update nightshift.runs set state = 'blocked' where id = $1`, [id]);
    expect(await checkKeptEvents(sql, 10)).toBe(1);
    expect(await checkKeptEvents(sql, 10)).toBe(0);
    expect(await wakeAll()).toMatchObject({ woken: 1 });
    expect(await sql.query(`select from nightshift.events`)).toEqual([]);
  });

  test('an event that nobody may keep is gone when nobody waits for it', async () => {
    await sql.query(`insert into nightshift.settings (name, value) values ('event_keep', 0)`);
    await sql.query(`select nightshift.send_event('unheard')`);
    expect(await sql.query(`select from nightshift.events`)).toEqual([]);
  });
});

test('a run is woken by few looks into indexes, among many that wait', async () => {
  await using place = await openTestDatabase('postgres', ledgerMigrations);
  const { database } = place;
  await database.query(
    `insert into nightshift.waits (run_id, name, kind, event, key, wake_at)
     select nightshift.new_id(), 'event x', 'event', 'paid', 'k' || i, now() + interval '1 day' from generate_series(1, 20000) i`,
  );
  await database.query(
    `insert into nightshift.events (name, key, payload, kept_until, checked)
     select 'paid', 'e' || i, '1', now() + interval '1 day', true from generate_series(1, 20000) i`,
  );
  await database.query('analyze nightshift.waits, nightshift.events');
  const plans: string[] = [];
  const explaining: Sql = {
    async query(text, values) {
      const rows = await database.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
      return [];
    },
  };
  await nextWakeMs(explaining);
  await carryOutWakes(explaining, 100);
  await checkKeptEvents(explaining, 100);
  const [plan] = await database.query<{ prosrc: string }>(
    `select prosrc from pg_proc where proname = 'answer_waits'`,
  );
  await explaining.query(
    plan!.prosrc.replaceAll('$1', `'paid'`).replaceAll('$2', `'1'::jsonb`).replaceAll('$3', `'k7'`),
  );
  expect(plans.join('\n')).not.toMatch(/Seq Scan on (waits|events)/);
  expect(plans.at(-1)).toContain('waits_event');
});
