import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFinal, type Run } from '../../src/core/run.ts';
import { findRun, listRuns, newId } from '../../src/ledger/index.ts';
import { openRelay, type Relay, rescueDuty } from '../../src/runtime/index.ts';
import { detectionMs, jobOf, openTestRuntime, type TestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

// Where there is a server, transactions of the caller's stay open while everything else goes on.
const quick = jobOf('quick', (_, payload) => Promise.resolve({ payload }));

let runtime: TestRuntime;
let relay: Relay;
beforeAll(async () => {
  runtime = await openTestRuntime('postgres', [quick]);
  await runtime.work();
  relay = await openRelay({ ...runtime, onError: (error) => runtime.errors.push(error) });
});
afterAll(async () => {
  await relay.close();
  await runtime[Symbol.asyncDispose]();
});

/** A transaction that stays open until it is told to end. */
async function openTransaction(user?: string) {
  const url = new URL(runtime.place.env['DATABASE_URL']!);
  if (user !== undefined) url.username = user;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query('begin');
  return {
    client,
    async end(how: 'commit' | 'rollback') {
      await client.query(how);
      await client.end();
    },
  };
}

const finished = (id: string): Promise<Run> =>
  until(async () => {
    const run = await findRun(runtime.database, id);
    return isFinal(run.state) ? run : undefined;
  });

/** Resolves to the offer, or to `waits` when it is not answered within half a second. */
const orWaits = <T>(offer: Promise<T>) => Promise.race([offer, sleep(500, 'waits' as const)]);

test.each([
  ['commit', true],
  ['rollback', false],
] as const)(
  'who offers a key that an open transaction has waits for its %s, and nobody else does',
  async (how, existing) => {
    const unique = { key: newId() };
    const tx = await openTransaction();
    const waiting = { unique, delayMs: 3_600_000 };
    const { id } = await runtime.enqueuer.offer('quick', 0, { ...waiting, tx: tx.client });
    const same = Array.from({ length: 30 }, () => runtime.enqueuer.offer('quick', 1, waiting));
    const many = runtime.enqueuer.offerMany('quick', [1, 2], waiting);
    const others = Array.from({ length: 30 }, (_, i) =>
      runtime.enqueuer.offer('quick', 2, { unique: { key: `${unique.key} ${i}` } }),
    );
    expect((await Promise.all(others)).every((other) => !other.existing)).toBe(true);
    expect(await runtime.enqueuer.enqueue('quick', 3)).toEqual(expect.any(String));
    expect(await Promise.race([orWaits(same[0]!), orWaits(many)])).toBe('waits');
    await tx.end(how);
    const ended = performance.now();
    const offers = [...(await Promise.all(same)), ...(await many)];
    expect(performance.now() - ended).toBeLessThan(3000);
    expect(offers.filter((offer) => !offer.existing)).toHaveLength(existing ? 0 : 1);
    expect(new Set(offers.map((offer) => offer.id)).size).toBe(1);
    expect(offers[0]!.id === id).toBe(existing);
  },
);

test('of two transactions that wait for each other’s keys one is told so, and the other goes on', async () => {
  const [a, b] = [{ key: newId() }, { key: newId() }];
  const [one, two] = [await openTransaction(), await openTransaction()];
  await runtime.enqueuer.enqueue('quick', 1, { unique: a, tx: one.client });
  await runtime.enqueuer.enqueue('quick', 2, { unique: b, tx: two.client });
  const crossed = [
    runtime.enqueuer.enqueue('quick', 3, { unique: b, tx: one.client }).then(
      () => one.end('commit').then(() => 'accepted'),
      (error: unknown) => one.end('rollback').then(() => error),
    ),
    runtime.enqueuer.enqueue('quick', 4, { unique: a, tx: two.client }).then(
      () => two.end('commit').then(() => 'accepted'),
      (error: unknown) => two.end('rollback').then(() => error),
    ),
  ];
  const ends = await Promise.all(crossed);
  expect(ends).toContain('accepted');
  expect(ends).toContainEqual(
    expect.objectContaining({ code: 'unique.deadlock', kind: 'conflict' }),
  );
});

test('a transaction that debounces a run as it comes due holds up no other run, and not rescue', async () => {
  const debounce = { key: newId(), for: '200ms' } as const;
  const id = await runtime.enqueuer.enqueue('quick', 1, { debounce });
  const tx = await openTransaction();
  await runtime.enqueuer.enqueue('quick', 2, { debounce, tx: tx.client });
  await sleep(400);
  const others = await Promise.all(
    Array.from({ length: 20 }, () => runtime.enqueuer.enqueue('quick', 0)),
  );
  await Promise.all(others.map(finished));
  await rescueDuty({ ...runtime, detectionMs }).run();
  expect(await findRun(runtime.database, id)).toMatchObject({ state: 'queued', payload: 1 });
  await tx.end('rollback');
  expect(await finished(id)).toMatchObject({ attempt: 1, result: { payload: 1 } });
});

test('two processes with the same many keys in another order wait for nobody for long', async () => {
  const other = await openTestRuntime('postgres', [quick], { place: runtime.place });
  try {
    const keys = Array.from({ length: 200 }, () => newId());
    const offerAll = ({ enqueuer }: TestRuntime, all: readonly string[]) =>
      Promise.all(
        all.map((key) => enqueuer.offer('quick', 1, { unique: { key }, delayMs: 3_600_000 })),
      );
    const [mine, theirs] = await Promise.all([
      offerAll(runtime, keys),
      offerAll(other, keys.toReversed()),
    ]);
    expect(mine.map(({ id }) => id)).toEqual(theirs.toReversed().map(({ id }) => id));
    expect([...mine, ...theirs].filter(({ existing }) => !existing)).toHaveLength(200);
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

test('at repeatable read a key that was taken meanwhile is an error of Postgres, never a second run', async () => {
  const unique = { key: newId() };
  const tx = await openTransaction();
  await tx.client.query('set transaction isolation level repeatable read');
  await tx.client.query('select');
  await runtime.enqueuer.enqueue('quick', 1, { unique, delayMs: 3_600_000 });
  await expect(
    runtime.enqueuer.enqueue('quick', 2, { unique, tx: tx.client }),
  ).rejects.toMatchObject({ code: '40001' });
  await tx.end('rollback');
});

test('a role that may insert runs needs the right to take keys, and no other', async () => {
  const role = `keyed_${randomBytes(4).toString('hex')}`;
  const { database } = runtime;
  await database.query(`create role ${role} login`);
  try {
    for (const grant of [
      'usage on schema nightshift',
      'insert on nightshift.runs',
      'insert on nightshift.outbox',
    ])
      await database.query(`grant ${grant} to ${role}`);
    const debounce = { key: newId(), for: '1h' } as const;
    const refused = await openTransaction(role);
    await expect(
      runtime.enqueuer.enqueue('quick', 1, { debounce, tx: refused.client }),
    ).rejects.toThrow('permission denied for function take_keys');
    await refused.end('rollback');
    await database.query(`grant execute on function nightshift.take_keys to ${role}`);
    const tx = await openTransaction(role);
    const first = await runtime.enqueuer.offer('quick', 1, { debounce, tx: tx.client });
    const second = await runtime.enqueuer.offer('quick', 2, { debounce, tx: tx.client });
    await tx.end('commit');
    expect(second).toEqual({ id: first.id, existing: true });
    expect(await findRun(database, first.id)).toMatchObject({ payload: 2 });
  } finally {
    await database.query(`drop owned by ${role}`);
    await database.query(`drop role ${role}`);
  }
});

test('nothing went wrong on the way, and no run ran twice', async () => {
  expect(runtime.errors).toEqual([]);
  const runs = await listRuns(runtime.database, { limit: 1000 });
  expect(runs.every(({ attempt }) => attempt <= 1)).toBe(true);
});
