import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { child } from '../../src/core/child.ts';
import { Cancel, GiveBack, Snooze } from '../../src/core/endings.ts';
import type { Failure } from '../../src/core/errors.ts';
import { type AnyJob, defineJob } from '../../src/core/job.ts';
import { openClock, openTestbed, type Testbed } from '../../src/testing/index.ts';

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(() => testbed.close());

const retry = { attempts: 3, backoff: 'fixed', from: '1m', upTo: '1m', jitter: 0 } as const;

test('a run that succeeds has its parsed result, its log and its steps', async () => {
  const job = defineJob({
    name: 'greet',
    summary: 'Greets.',
    payload: z.object({ name: z.string(), times: z.int().default(2) }),
    result: z.object({ text: z.string() }),
    async run(ctx, { name, times }) {
      const text = await ctx.step('compose', () => Promise.resolve(`hello ${name} `.repeat(times)));
      ctx.log.info('composed', { length: text.length });
      return { text };
    },
  });
  expect(await testbed.runJob(job, { name: 'Ada' })).toMatchObject({
    state: 'succeeded',
    result: { text: 'hello Ada hello Ada ' },
    steps: ['compose'],
    log: ['composed'],
    attempts: 1,
  });
});

test('a remembered step is not run again by a retry, and its result is the same', async () => {
  let ran = 0;
  let attempts = 0;
  const job = defineJob({
    name: 'flaky',
    summary: 'Fails twice.',
    payload: z.object({}),
    result: z.object({ at: z.string() }),
    retry,
    async run(ctx) {
      const at = await ctx.step('once', () => {
        ran++;
        return Promise.resolve(`run ${ran}`);
      });
      attempts++;
      if (attempts < 3) throw new Error('not yet');
      return { at };
    },
  });
  const run = await testbed.runJob(job, {});
  expect(run).toMatchObject({ state: 'succeeded', attempts: 3, result: { at: 'run 1' } });
  expect(ran).toBe(1);
});

test('the clock of a test jumps to each retry, by the policy', async () => {
  const clock = openClock(new Date('2026-11-21T03:00:00Z'));
  const times: string[] = [];
  const job = defineJob({
    name: 'failing',
    summary: 'Always fails.',
    payload: z.object({}),
    retry,
    run(ctx) {
      times.push(ctx.now().toISOString().slice(11, 19));
      return Promise.reject(new Error('no'));
    },
  });
  const run = await testbed.runJob(job, {}, { clock });
  expect(run).toMatchObject({ state: 'failed', error: { message: 'no' }, attempts: 3 });
  expect(times).toEqual(['03:00:00', '03:01:00', '03:02:00']);
});

test('Cancel ends the run without a retry, Snooze runs it again without a failure', async () => {
  const cancelling = defineJob({
    name: 'cancelling',
    summary: 'Gives up.',
    payload: z.object({}),
    run: () => Promise.reject(new Cancel('nothing to do')),
  });
  expect(await testbed.runJob(cancelling, {})).toMatchObject({
    state: 'cancelled',
    error: { message: 'nothing to do' },
    attempts: 1,
  });
  let snoozed = false;
  const snoozing = defineJob({
    name: 'snoozing',
    summary: 'Waits once.',
    payload: z.object({}),
    retry: { attempts: 1 },
    run() {
      if (snoozed) return Promise.resolve(undefined);
      snoozed = true;
      return Promise.reject(new Snooze('10m'));
    },
  });
  expect(await testbed.runJob(snoozing, {})).toMatchObject({ state: 'succeeded', attempts: 2 });
});

test('a wrong payload names every fault, before anything is stored', async () => {
  const job = defineJob({
    name: 'strict',
    summary: 'Wants much.',
    payload: z.object({ a: z.int(), b: z.object({ c: z.string() }) }),
    run: () => Promise.resolve(undefined),
  });
  await expect(testbed.runJob(job, { a: 1.5, b: {} } as never)).rejects.toMatchObject({
    code: 'payload.invalid',
    message: expect.stringMatching(/a: .*; b\.c: /) as string,
  });
});

test('a wrong result fails the run at once and names the fault', async () => {
  const job = defineJob({
    name: 'sloppy',
    summary: 'Returns nonsense.',
    payload: z.object({}),
    result: z.object({ read: z.int() }),
    run: () => Promise.resolve({ read: 'many' } as never),
  });
  expect(await testbed.runJob(job, {})).toMatchObject({
    state: 'failed',
    attempts: 1,
    error: { code: 'result.invalid', message: expect.stringContaining('read: ') as string },
  });
});

test('a timed-out attempt is over, signalled, and fenced from its writes', async () => {
  const late: unknown[] = [];
  const done = Promise.withResolvers<void>();
  const job = defineJob({
    name: 'slow',
    summary: 'Takes too long.',
    payload: z.object({}),
    timeout: '50ms',
    retry: { attempts: 1 },
    async run(ctx) {
      await sleep(120);
      late.push(ctx.signal.aborted);
      await ctx.step('late', () => Promise.resolve(1)).catch((error: unknown) => late.push(error));
      done.resolve();
    },
  });
  const run = await testbed.runJob(job, {});
  expect(run).toMatchObject({ state: 'failed', error: { code: 'run.timeout' } });
  await done.promise;
  expect(late).toEqual([true, expect.objectContaining({ code: 'run.timeout' })]);
  expect(run.steps).toEqual([]);
});

test('ctx.transaction commits its SQL together with the step, or neither', async () => {
  await testbed.sql.query('create table public.notes (text text)');
  let attempts = 0;
  const job = defineJob({
    name: 'noting',
    summary: 'Writes notes.',
    payload: z.object({}),
    retry,
    async run(ctx) {
      attempts++;
      await ctx.transaction('first', async (sql) => {
        await sql.query(`insert into public.notes values ('first')`);
      });
      await ctx.transaction('second', async (sql) => {
        await sql.query(`insert into public.notes values ('second')`);
        if (attempts === 1) throw new Error('in the middle');
      });
    },
  });
  const run = await testbed.runJob(job, {});
  expect(run).toMatchObject({ state: 'succeeded', attempts: 2, steps: ['first', 'second'] });
  expect(await testbed.sql.query('select text from public.notes order by text')).toEqual([
    { text: 'first' },
    { text: 'second' },
  ]);
});

test('a step inside a step is a clear error', async () => {
  const job = defineJob({
    name: 'nesting',
    summary: 'Nests.',
    payload: z.object({}),
    retry: { attempts: 1 },
    run: (ctx) => ctx.step('outer', () => ctx.step('inner', () => Promise.resolve(undefined))),
  });
  expect(await testbed.runJob(job, {})).toMatchObject({
    state: 'failed',
    error: { code: 'step.nested', message: expect.stringContaining('"inner"') as string },
  });
});

test('a handler may enqueue by SQL, in its transaction', async () => {
  const job = defineJob({
    name: 'beget',
    summary: 'Enqueues another run by SQL.',
    payload: z.object({}),
    result: z.object({ id: z.string() }),
    run: (ctx) =>
      ctx.transaction('beget', async (sql) => {
        const [row] = await sql.query<{ id: string }>(`select nightshift.enqueue('greet') as id`);
        return row!;
      }),
  });
  const { result } = await testbed.runJob(job, {});
  const runs = await testbed.sql.query(
    `select id from nightshift.runs where job = 'greet' and unchecked`,
  );
  expect(runs).toEqual([result]);
});

test('SQL that comes after its transaction has ended is refused', async () => {
  const late: unknown[] = [];
  const job = defineJob({
    name: 'straying',
    summary: 'Keeps the SQL.',
    payload: z.object({}),
    async run(ctx) {
      const kept = await ctx.transaction('short', (sql) => {
        const query = () => sql.query('select 1');
        late.push(query);
        return Promise.resolve(null);
      });
      expect(kept).toBeNull();
      const query = late.pop() as () => Promise<unknown>;
      late.push(await query().catch((error: unknown) => error));
    },
  });
  expect(await testbed.runJob(job, {})).toMatchObject({ state: 'succeeded' });
  expect(late).toEqual([expect.objectContaining({ code: 'transaction.ended' })]);
});

test('NUL in what a job logs, returns and remembers is stored as the replacement character', async () => {
  const job = defineJob({
    name: 'nul',
    summary: 'Holds NUL.',
    payload: z.object({ text: z.string() }),
    result: z.object({ text: z.string() }),
    async run(ctx, { text }) {
      ctx.log.info(`a\u0000b`, { text });
      return { text: await ctx.step('keep', () => Promise.resolve('x\u0000y')) };
    },
  });
  const run = await testbed.runJob(job, { text: 'p\u0000q' });
  expect(run).toMatchObject({
    state: 'succeeded',
    result: { text: 'x\uFFFDy' },
    log: ['a\uFFFDb'],
  });
});

test('a test can cancel its run, and the handler hears of it', async () => {
  const control = new AbortController();
  const heard: unknown[] = [];
  const job = defineJob({
    name: 'cancellable',
    summary: 'Waits.',
    payload: z.object({}),
    async run(ctx) {
      await ctx.step('begun', () => Promise.resolve(1));
      ctx.signal.addEventListener('abort', () => heard.push(ctx.signal.reason));
      control.abort(new Error('not needed'));
      await new Promise(() => {});
    },
  });
  expect(await testbed.runJob(job, {}, { signal: control.signal })).toMatchObject({
    state: 'cancelled',
    attempts: 1,
    error: { name: 'Cancel', message: 'not needed' },
    steps: ['begun'],
  });
  expect(heard).toEqual([expect.objectContaining({ code: 'run.fenced' })]);
  const never = { signal: AbortSignal.abort('too late') };
  expect(await testbed.runJob(job, {}, never)).toMatchObject({ state: 'cancelled', attempts: 0 });
});

test('a test can have its run given back, and another attempt goes on', async () => {
  const control = new AbortController();
  const job = defineJob({
    name: 'returned',
    summary: 'Waits the first time.',
    payload: z.object({}),
    result: z.int(),
    async run(ctx) {
      if (ctx.run.attempt > 1) return ctx.run.attempt;
      control.abort(new GiveBack());
      return new Promise<never>(() => {});
    },
  });
  expect(await testbed.runJob(job, {}, { signal: control.signal })).toMatchObject({
    state: 'succeeded',
    attempts: 2,
    result: 2,
  });
});

test('a run that would never end fails its test with a reason', async () => {
  const job = defineJob({
    name: 'sleepy',
    summary: 'Always snoozes.',
    payload: z.object({}),
    run: () => Promise.reject(new Snooze('1h')),
  });
  await expect(testbed.runJob(job, {}, { mostAttempts: 7 })).rejects.toMatchObject({
    code: 'run.endless',
    details: { attempts: 7 },
  });
});

test("a job with isolation: 'process' runs in the process of its test", async () => {
  const job = defineJob({
    name: 'isolated',
    summary: 'Says where it is.',
    payload: z.object({}),
    result: z.int(),
    isolation: 'process',
    run: () => Promise.resolve(process.pid),
  });
  expect(await testbed.runJob(job, {})).toMatchObject({ result: process.pid });
});

test('an attempt that is over writes nothing more, also the last of its run', async () => {
  await testbed.sql.query('create table public.late (text text)');
  const refused = Promise.withResolvers<unknown[]>();
  const job = defineJob({
    name: 'overdue',
    summary: 'Writes when its time is up.',
    payload: z.object({}),
    timeout: '50ms',
    retry: { attempts: 1 },
    needs: ['database', 'documents'],
    async run(ctx) {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      const late = [
        ctx.step('late', () => Promise.resolve(1)),
        ctx.transaction('late too', (sql) => sql.query(`insert into public.late values ('a')`)),
        ctx.database.query(`insert into public.late values ('b')`),
        ctx.documents.put([{ kind: 'late', key: '1', title: 'late', body: '' }]),
      ];
      ctx.progress(9, 9);
      const ends = await Promise.allSettled(late);
      refused.resolve(ends.map((end) => end.status === 'rejected' && (end.reason as Failure).code));
    },
  });
  const run = await testbed.runJob(job, {});
  expect(run).toMatchObject({ state: 'failed', error: { code: 'run.timeout' }, steps: [] });
  expect(await refused.promise).toEqual(Array(4).fill('run.timeout'));
  expect(await testbed.sql.query('select from public.late')).toEqual([]);
  expect(await testbed.sql.query(`select from nightshift.documents where kind = 'late'`)).toEqual(
    [],
  );
  expect(
    await testbed.sql.query('select progress from nightshift.runs where id = $1', [run.id]),
  ).toEqual([{ progress: null }]);
});

test('a transaction in which the time runs out is rolled back', async () => {
  const job = defineJob({
    name: 'in-the-middle',
    summary: 'Is in a transaction when its time is up.',
    payload: z.object({}),
    timeout: '300ms',
    retry: { attempts: 1 },
    run: (ctx) =>
      ctx.transaction('half', async (sql) => {
        await sql.query(`insert into public.late values ('half')`);
        await new Promise(() => {});
      }),
  });
  const run = await testbed.runJob(job, {});
  expect(run).toMatchObject({ state: 'failed', error: { code: 'run.timeout' }, steps: [] });
  expect(await testbed.sql.query('select from public.late')).toEqual([]);
});

const printing = defineJob({
  name: 'printing',
  summary: 'Prints a page.',
  payload: z.object({ page: z.int() }),
  result: z.object({ printed: z.int() }),
  retry,
  run(ctx, { page }) {
    if (page === 2 && ctx.run.attempt === 1) return Promise.reject(new Error('a paper jam'));
    return Promise.resolve({ printed: page });
  },
});

test('children that a run waits for are run before it goes on, and the others are told', async () => {
  const job = defineJob({
    name: 'book',
    summary: 'Prints a book.',
    payload: z.object({ pages: z.int() }),
    result: z.object({ printed: z.array(z.int()) }),
    async run(ctx, { pages }) {
      const children = Array.from({ length: pages }, (_, i) => child(printing, { page: i + 1 }));
      const all = await ctx.all('pages', children);
      await ctx.enqueue(printing, { page: 99 });
      return { printed: all.map(({ printed }) => printed) };
    },
  });
  const run = await testbed.runJob(job, { pages: 3 }, { jobs: [printing as AnyJob] });
  expect(run).toMatchObject({ state: 'succeeded', result: { printed: [1, 2, 3] }, attempts: 2 });
  expect(run.children).toMatchObject([
    { state: 'succeeded', result: { printed: 1 } },
    { state: 'succeeded' },
    { state: 'succeeded' },
    { state: 'queued', payload: { page: 99 } },
  ]);
});

test('a sleep takes no time, and moves the clock of the test', async () => {
  const clock = openClock(new Date('2026-11-21T03:00:00Z'));
  const times: string[] = [];
  const job = defineJob({
    name: 'reminding',
    summary: 'Sleeps twice.',
    payload: z.object({}),
    async run(ctx) {
      times.push(ctx.now().toISOString().slice(11, 16));
      await ctx.sleep('an hour', '1h');
      await ctx.sleep('a day', '1d');
    },
  });
  expect(await testbed.runJob(job, {}, { clock })).toMatchObject({
    state: 'succeeded',
    attempts: 3,
  });
  expect(times).toEqual(['03:00', '04:00', '04:00']);
  expect(clock.now()).toEqual(new Date('2026-11-22T04:00:00Z'));
});

test('a run gets the events that a test hands in, and else the end of its patience', async () => {
  const job = defineJob({
    name: 'ordering',
    summary: 'Waits for two things.',
    payload: z.object({}),
    result: z.unknown(),
    async run(ctx) {
      const paid = await ctx.waitFor('paid', { event: 'paid', key: '7', timeout: '2d' });
      const sent = await ctx.waitFor('sent', { event: 'sent', timeout: '1d' });
      return { paid, isLate: sent === undefined };
    },
  });
  const clock = openClock();
  const began = clock.now().getTime();
  const events = [
    { name: 'paid', key: '8', payload: 'no' },
    { name: 'paid', key: '7', payload: 'yes' },
  ];
  const run = await testbed.runJob(job, {}, { clock, events });
  expect(run).toMatchObject({ result: { paid: 'yes', isLate: true } });
  expect(clock.now().getTime() - began).toBeGreaterThan(23.9 * 3_600_000);
  const endless = defineJob({
    name: 'endless',
    summary: 'Waits for ever.',
    payload: z.object({}),
    result: z.unknown(),
    run: (ctx) => ctx.waitFor('x', { event: 'never' }),
  });
  await expect(testbed.runJob(endless, {})).rejects.toMatchObject({ code: 'wait.endless' });
});
