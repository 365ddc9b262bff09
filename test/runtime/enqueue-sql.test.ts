import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isFinal, type Run } from '../../src/core/run.ts';
import {
  beat,
  findRun,
  newId,
  plantSettings,
  registerWorker,
  retryRun,
} from '../../src/ledger/index.ts';
import { openRelay, type Relay, unknownJobsDuty } from '../../src/runtime/index.ts';
import { footprints } from '../support/footprint.ts';
import {
  detectionMs,
  jobOf,
  openTestRuntime,
  payloadLimit,
  type TestRuntime,
} from '../support/runtime.ts';
import { findProgram } from '../support/server.ts';
import { until } from '../support/until.ts';

const adding = jobOf(
  'adding',
  (_, { a, b }: { a: number; b: number }) => Promise.resolve({ sum: a + b }),
  {
    version: 7,
    expires: '2h',
    payload: z.object({ a: z.number(), b: z.number().default(1) }),
  },
);

describe.each(footprints)('on the %s footprint', (footprint) => {
  let runtime: TestRuntime;
  let relay: Relay;
  beforeAll(async () => {
    runtime = await openTestRuntime(footprint, [adding]);
    await plantSettings(runtime.database, { payloadLimit });
    await runtime.work();
    relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
  });
  afterAll(async () => {
    await relay.close();
    await runtime[Symbol.asyncDispose]();
  });

  const finished = (id: string): Promise<Run> =>
    until(async () => {
      const run = await findRun(runtime.database, id);
      return isFinal(run.state) ? run : undefined;
    });

  async function enqueue(...values: unknown[]): Promise<string> {
    const places = ['$1::text', '$2::jsonb', '$3::jsonb'].slice(0, values.length).join(', ');
    const rows = await runtime.database.query<{ id: string }>(
      `select nightshift.enqueue(${places}) as id`,
      values,
    );
    return rows[0]!.id;
  }

  const duty = () => unknownJobsDuty({ ...runtime, detectionMs, unknownJobMs: 3_600_000 });

  /** As if the run had been accepted a minute ago. */
  async function age(id: string): Promise<void> {
    await runtime.database.query(
      `update nightshift.runs set queued_at = queued_at - interval '1 minute' where id = $1`,
      [id],
    );
    await runtime.database.query(
      `update nightshift.outbox set added_at = added_at - interval '1 minute' where run_id = $1`,
      [id],
    );
  }

  test('a run accepted by SQL is checked like any other, and runs', async () => {
    const id = await enqueue('adding', { a: 2 });
    expect(await finished(id)).toMatchObject({
      state: 'succeeded',
      version: 7,
      payload: { a: 2 },
      result: { sum: 3 },
      priority: 0,
      attempt: 1,
    });
    const { runAt, expiresAt } = await findRun(runtime.database, id);
    expect(expiresAt!.getTime() - runAt.getTime()).toBe(2 * 3_600_000);
  });

  test('a payload that does not fit ends as a failed run that names every fault', async () => {
    const id = await enqueue('adding', { a: 'two', b: null });
    const run = await finished(id);
    expect(run).toMatchObject({
      state: 'failed',
      attempt: 0,
      error: { code: 'payload.invalid', message: expect.stringMatching(/a: .*b: /) as string },
    });
    await retryRun(runtime.database, id);
    expect(await finished(id)).toMatchObject({ state: 'failed', attempt: 0 });
  });

  test('a trigger on somebody’s table enqueues with their insert, or not at all', async () => {
    const { database } = runtime;
    await database.query('create table public.orders (a int, b int, run uuid)');
    await database.query(`create function public.on_order() returns trigger language plpgsql as $$
      begin
        new.run := nightshift.enqueue('adding', jsonb_build_object('a', new.a, 'b', new.b));
        return new;
      end $$`);
    await database.query(
      'create trigger on_order before insert on public.orders for each row execute function public.on_order()',
    );
    const rows = await database.query<{ run: string }>(
      'insert into public.orders values (1, 2), (3, 4) returning run',
    );
    const ends = await Promise.all(rows.map(({ run }) => finished(run)));
    expect(ends.map(({ result }) => result)).toEqual([{ sum: 3 }, { sum: 7 }]);
    const before = (await database.query('select from nightshift.runs')).length;
    const rolledBack = database.transaction(async (tx) => {
      await tx.query('insert into public.orders values (5, 6)');
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await database.query('select from nightshift.runs')).toHaveLength(before);
  });

  test('delay, runAt, priority and expires are kept', async () => {
    const id = await enqueue('adding', { a: 1 }, { delay: '15m', priority: 9, expires: '1 day' });
    const other = await enqueue('adding', { a: 1 }, { runAt: '2031-02-03T04:05:06Z' });
    const run = await findRun(runtime.database, id);
    expect(run).toMatchObject({ state: 'queued', priority: 9 });
    expect((run.runAt.getTime() - run.createdAt.getTime()) / 60_000).toBeCloseTo(15, 1);
    expect(run.expiresAt!.getTime() - run.runAt.getTime()).toBe(86_400_000);
    expect((await findRun(runtime.database, other)).runAt).toEqual(
      new Date('2031-02-03T04:05:06Z'),
    );
    await until(
      async () => (await runtime.database.query('select from nightshift.outbox')).length === 0,
    );
    const { delivery } = await findRun(runtime.database, id);
    expect((await runtime.queues.known('adding', [delivery])).size).toBe(1);
  });

  const wrong: [string, unknown[], RegExp, RegExp][] = [
    ['an option nobody knows', ['adding', {}, { dely: '1m' }], /no option "dely"/, /delay, runAt/],
    ['a delay without a unit', ['adding', {}, { delay: '15' }], /delay is "15"/, /"15m"/],
    ['a delay that is a number', ['adding', {}, { delay: 15 }], /delay is 15/, /a unit/],
    ['a delay that is no span', ['adding', {}, { delay: 'soon' }], /delay is "soon"/, /a unit/],
    ['a delay before now', ['adding', {}, { delay: '-1h' }], /delay is "-1h"/, /from 0s/],
    ['a delay beyond reach', ['adding', {}, { delay: '11 years' }], /11 years/, /to 3650d/],
    ['a time that is none', ['adding', {}, { runAt: 'noonish' }], /runAt is "noonish"/, /2027/],
    ['an endless time', ['adding', {}, { runAt: 'infinity' }], /runAt is "infinity"/, /3650 days/],
    ['two times', ['adding', {}, { runAt: 'now', delay: '1m' }], /delay is "1m"/, /one of the two/],
    [
      'a priority that is text',
      ['adding', {}, { priority: 'high' }],
      /priority is "high"/,
      /whole/,
    ],
    ['a priority too far', ['adding', {}, { priority: 2097152 }], /is 2097152/, /2097151/],
    ['an expiry that is none', ['adding', {}, { expires: 'x' }], /expires is "x"/, /a unit/],
    ['options that are a list', ['adding', {}, '[1]'], /list is \[1\]/, /an object/],
    ['a name no job can have', ['Adding it'], /"Adding it" is not the name/, /nightshift jobs/],
    ['no name', [null], /null is not the name/, /lower-case/],
  ];
  test.each(wrong)('%s is an error that says what to do', async (_, values, message, hint) => {
    const error = await enqueue(...values).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: '22023' });
    expect((error as Error).message).toMatch(message);
    expect((error as { hint: string }).hint).toMatch(hint);
  });

  test('a payload above the limit is refused in the producer’s own statement', async () => {
    const error = await enqueue('adding', { text: 'x'.repeat(payloadLimit) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: '54000' });
    expect((error as Error).message).toMatch(/adding has 65\d\d\d bytes, and 65536 are allowed/);
    expect((error as { hint: string }).hint).toMatch(/pass a reference/);
  });

  test('the name of a job that nobody knows ends as a failed run, with the closest name', async () => {
    const id = await enqueue('addign', { a: 1 });
    expect(await duty().run()).toEqual({ failed: 0 });
    await age(id);
    expect(await duty().run()).toEqual({ failed: 1 });
    expect(await findRun(runtime.database, id)).toMatchObject({
      state: 'failed',
      error: { code: 'job.unknown', message: expect.stringContaining('"adding"') as string },
    });
    expect(await runtime.database.query('select from nightshift.outbox')).toEqual([]);
  });

  test('a job that only a newer process knows waits for it, and holds up no other', async () => {
    const worker = newId();
    await registerWorker(runtime.database, {
      id: worker,
      host: 'new',
      pid: 1,
      jobs: ['brand-new'],
    });
    const rows = await runtime.database.query<{ id: string }>(
      `select nightshift.enqueue('brand-new') as id from generate_series(1, 600)`,
    );
    const ids = rows.map(({ id }) => id);
    await age(ids[0]!);
    const known = await enqueue('adding', { a: 5 });
    expect(await finished(known)).toMatchObject({ state: 'succeeded' });
    await beat(runtime.database, { worker, sample: {}, inHand: [], longestGapMs: 15_000 });
    expect(await duty().run()).toEqual({ failed: 0 });
    expect(await findRun(runtime.database, ids[0]!)).toMatchObject({ state: 'queued' });
    expect(await runtime.database.query('select from nightshift.outbox')).toHaveLength(600);
  }, 60_000);

  test('ids come in order, and their partition is there when nothing else of Nightshift ran', async () => {
    const rows = await runtime.database.query<{ id: string; prev: string | null }>(
      `select id, lag(id) over (order by n) as prev
       from (select n, nightshift.new_id() as id from generate_series(1, 2000) n) as made`,
    );
    // The time of an id are its first 18 characters; two of one microsecond may come in either order.
    const time = (id: string) => id.slice(0, 18);
    expect(rows.filter(({ id, prev }) => prev && time(id) < time(prev))).toEqual([]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2000);
    expect(rows.every(({ id }) => /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab]/.test(id))).toBe(true);
    const at = Number.parseInt(rows[0]!.id.replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
  });

  test('nothing went wrong on the way', () => expect(runtime.errors).toEqual([]));
});

test('a partition that is missing is made by the one who enqueues', async () => {
  await using runtime = await openTestRuntime('postgres', [adding]);
  const { database } = runtime;
  const [week] = await database.query<{ name: string }>(
    `select 'runs_' || to_char(now() at time zone 'UTC', 'IYYY"w"IW') as name`,
  );
  await database.query(`drop table nightshift.${week!.name}`);
  const rows = await database.query<{ id: string }>(`select nightshift.enqueue('adding') as id`);
  const [found] = await database.query<{ name: string }>(
    `select tableoid::regclass::text as name from nightshift.runs where id = $1`,
    [rows[0]!.id],
  );
  expect(found!.name).toBe(`nightshift.${week!.name}`);
});

describe('from psql', () => {
  const role = `enqueuer_${randomBytes(4).toString('hex')}`;
  let runtime: TestRuntime;
  beforeAll(async () => {
    runtime = await openTestRuntime('postgres', [adding]);
    await runtime.database.query(`create role ${role} login`);
  });
  afterAll(async () => {
    await runtime.database.query(`drop owned by ${role}`);
    await runtime.database.query(`drop role ${role}`);
    await runtime[Symbol.asyncDispose]();
  });

  async function psql(statement: string, user?: string): Promise<string> {
    const url = new URL(runtime.place.env['DATABASE_URL']!);
    if (user !== undefined) url.username = user;
    const args = ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-c', statement, url.href];
    const { stdout } = await promisify(execFile)(findProgram('psql'), args);
    return stdout.trim();
  }

  test('a run is accepted, and an error comes with its hint', async () => {
    const id = await psql(`select nightshift.enqueue('adding', '{"a": 4}', '{"delay": "15m"}')`);
    expect(await findRun(runtime.database, id)).toMatchObject({ job: 'adding', payload: { a: 4 } });
    await expect(psql(`select nightshift.enqueue('adding', '{}', '{"wait": 1}')`)).rejects.toThrow(
      /no option "wait"\nHINT: {2}The options are delay, runAt, priority, expires, key, unique, debounce and throttle\./,
    );
  });

  test('a role needs the right to call it, and no right on any table', async () => {
    const call = `select nightshift.enqueue('adding', '{"a": 4}')`;
    await expect(psql(call, role)).rejects.toThrow('permission denied for schema nightshift');
    await psql(`grant usage on schema nightshift to ${role}`);
    await expect(psql(call, role)).rejects.toThrow('permission denied for function enqueue');
    await psql(`grant execute on function nightshift.enqueue to ${role}`);
    const id = await psql(call, role);
    expect(await findRun(runtime.database, id)).toMatchObject({ job: 'adding' });
    await expect(psql('select * from nightshift.runs', role)).rejects.toThrow('permission denied');
  });

  test('the run and the audit log say which role it was, whence and by which program', async () => {
    const id = await psql(`select nightshift.enqueue('adding', '{"a": 4}')`, role);
    const author = {
      actor: { kind: 'database', id: role, name: role, role: 'none' },
      origin: { via: 'sql', address: '127.0.0.1', agent: 'psql' },
    };
    expect(await findRun(runtime.database, id)).toMatchObject({ acceptedBy: author });
    const entries = await runtime.database.query(
      'select actor, origin, action, after from nightshift_audit.entries where ids @> array[$1]',
      [id],
    );
    expect(entries).toEqual([
      { ...author, action: 'run.enqueued', after: { job: 'adding', runs: 1 } },
    ]);
  });

  test('a role that may take keys speaks for nobody else', async () => {
    await psql(`grant execute on function nightshift.take_keys to ${role}`);
    const debounce = `'{"debounce": {"key": "said", "for": "1h"}}'`;
    const id = await psql(`select nightshift.enqueue('adding', '{"a": 4}', ${debounce})`);
    const forged = JSON.stringify([
      {
        id: newId(),
        delivery: newId(),
        job: 'adding',
        version: 0,
        payload: { a: 5 },
        priority: 0,
        uniqueness: { rule: 'debounce', key: 'said', forMs: 1000 },
        acceptedBy: { actor: { kind: 'key', id: 'ada', name: 'ada', role: 'admin' }, origin: {} },
      },
    ]);
    await psql(`select nightshift.take_keys('${forged}', true)`, role);
    expect(await findRun(runtime.database, id)).toMatchObject({
      payload: { a: 5 },
      acceptedBy: { actor: { kind: 'database', id: role } },
    });
  });

  test('what stands in the search path of the caller cannot take the place of what it uses', async () => {
    await psql(`create schema trap; grant usage on schema trap to ${role};
      create function trap.clock_timestamp() returns timestamptz language sql as $$ select 1/0; select now() $$;
      create function trap.gen_random_uuid() returns uuid language sql as $$ select 1/0; select null::uuid $$`);
    const id = await psql(
      `set search_path to trap, pg_catalog; select nightshift.enqueue('adding', '{"a": 4}')`,
      role,
    );
    expect(id).toMatch(/[\da-f-]{36}$/);
  });
});
