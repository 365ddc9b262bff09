import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunContext } from '../../../src/core/context.ts';
import { Cancel, Snooze } from '../../../src/core/endings.ts';
import { Failure } from '../../../src/core/errors.ts';
import { type AnyJob, defineJob } from '../../../src/core/job.ts';

type Context = RunContext<'database'>;

const payload = z.object({ deed: z.string(), note: z.string().default('') });

/** What the jobs of these tests do, inline and in a process of their own. */
const deeds: Record<string, (ctx: Context, note: string) => Promise<unknown>> = {
  async everything(ctx, note) {
    console.log('said aloud');
    const at = await ctx.step('now', () => Promise.resolve(ctx.now()));
    const twice = await ctx.step('now', () => Promise.resolve('again'));
    ctx.log.info('a line', { note, left: () => 'out' });
    ctx.progress(1, 2, 'half');
    const nested = await ctx
      .step('outer', () => ctx.step('inner', () => Promise.resolve()))
      .catch((error: unknown) => (error as Failure).code);
    const rows = await ctx.database.query('select $1::int8 as number, $2::bytea as bytes', [
      7,
      Buffer.from('x'),
    ]);
    return { at, twice, nested, rows: rows.map(({ number }) => number), pid: process.pid };
  },
  echo: (_, note) => Promise.resolve({ note, pid: process.pid }),
  scheduled: (ctx) => Promise.resolve(ctx.run),
  async large(ctx) {
    const text = await ctx.step('much', () =>
      Promise.resolve(`${ctx.run.attempt}`.repeat(300_000)),
    );
    if (ctx.run.attempt === 1) throw new Error('once more');
    return { text };
  },
  async transacting(ctx) {
    let strayed: Context['database'] | undefined;
    const count = await ctx.transaction('write', async (sql) => {
      strayed = sql;
      await sql.query(`insert into public.notes values ('by sql')`);
      await ctx.database.query(`insert into public.notes values ('joined')`);
      const rows = await ctx.database.query('select from public.notes');
      return rows.length;
    });
    const failed = await ctx
      .transaction('fail', async (sql) => {
        await sql.query(`insert into public.notes values ('rolled back')`);
        throw new TypeError('on purpose');
      })
      .catch((error: unknown) => (error as Error).message);
    const stray = await strayed!
      .query('select 1')
      .catch((error: unknown) => (error as Failure).code);
    return { count, failed, stray };
  },
  async 'transact too long'(ctx) {
    await ctx.transaction('long', async (sql) => {
      await sql.query(`insert into public.notes values ('too late')`);
      await new Promise(() => {});
    });
  },
  async 'remember and fail'(ctx) {
    const pid = await ctx.step('pid', () => Promise.resolve(process.pid));
    if (ctx.run.attempt === 1) throw new Error('the first time');
    return { pid, now: process.pid };
  },
  cancel: () => Promise.reject(new Cancel('no need')),
  snooze: (ctx) =>
    ctx.run.attempt === 1 ? Promise.reject(new Snooze('10ms')) : Promise.resolve('rested'),
  refuse: () => Promise.reject(new Failure('mail.gone', { id: 'x' })),
  'break off': () => Promise.reject(Object.assign(new RangeError('bad'), { code: 'E_BAD' })),
  'return a function': () => Promise.resolve(() => 1),
  async 'query badly'(ctx) {
    await ctx.database.query('select * from public.nowhere');
  },
  async spin(ctx, note) {
    await ctx.step('pid', () => Promise.resolve(process.pid));
    if (note) writeFileSync(note, String(process.pid));
    for (;;);
  },
  async 'block and go on'(ctx, note) {
    await ctx.step(`pid ${ctx.run.attempt}`, () => Promise.resolve(process.pid));
    if (ctx.run.attempt === 1) {
      const end = Date.now() + Number(note);
      while (Date.now() < end);
    }
    return ctx.step('after', () => Promise.resolve(ctx.run.attempt));
  },
  async wait(ctx, note) {
    await ctx.step('pid', () => Promise.resolve(process.pid));
    if (note) writeFileSync(note, String(process.pid));
    await new Promise<void>((resolve) => {
      if (ctx.signal.aborted) resolve();
      ctx.signal.addEventListener('abort', () => resolve());
      setTimeout(() => {}, 600_000);
    });
    const refusals = await Promise.all(
      [
        ctx.step('late step', () => Promise.resolve(1)),
        ctx.transaction('late transaction', () => Promise.resolve(1)),
        ctx.database.query('select 1'),
      ].map((late) =>
        late.then(
          () => 'taken',
          (error: unknown) => (error as Failure).code,
        ),
      ),
    );
    if (note)
      writeFileSync(note, `${(ctx.signal.reason as Failure).message}|${refusals.join(' ')}\n`);
  },
  async 'start another'(ctx) {
    const other = spawn('sleep', ['600'], { stdio: 'ignore' });
    await ctx.step('pids', () => Promise.resolve([process.pid, other.pid]));
    await new Promise(() => setTimeout(() => {}, 600_000));
  },
  async 'hold the row'(ctx) {
    await ctx.step('pid', () => Promise.resolve(process.pid));
    await ctx.transaction(`hold ${ctx.run.attempt}`, async (sql) => {
      await sql.query('select 1');
      if (ctx.run.attempt === 1) {
        process.kill(process.pid, 'SIGSTOP');
        await sleep(50);
      }
      await sql.query(`insert into public.notes values ($1)`, [`attempt ${ctx.run.attempt}`]);
    });
    return ctx.run.attempt;
  },
  async 'sleep in a transaction'(ctx) {
    await ctx.step('pid', () => Promise.resolve(process.pid));
    await ctx.transaction('slow', async (sql) => {
      await sql.query(`insert into public.notes values ('slow')`);
      await sleep(1500);
    });
    await new Promise(() => setTimeout(() => {}, 600_000));
  },
  exit: () => process.exit(3),
  abort: () => process.abort(),
  async 'throw aside'() {
    console.error('last words');
    setTimeout(() => {
      throw new Error('aside');
    }, 1);
    await new Promise(() => setTimeout(() => {}, 600_000));
  },
  'kill myself': async () => {
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => setTimeout(() => {}, 600_000));
  },
  async 'fill the heap'() {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, () => ({ kept: kept.length })));
  },
  async 'fill buffers'() {
    const kept: Buffer[] = [];
    for (;;) {
      kept.push(Buffer.alloc(4 * 1024 * 1024, 1));
      await sleep(5);
    }
  },
  async chatter() {
    for (let i = 0; i < 5000; i++) console.log(`line ${i}`);
    console.log('x'.repeat(100_000));
  },
};

const shared = {
  summary: 'A job of a test.',
  payload,
  result: z.unknown(),
  needs: ['database'] as const,
  run: (ctx: Context, { deed, note }: z.output<typeof payload>) => deeds[deed]!(ctx, note),
};
const retry = { attempts: 2, backoff: 'fixed', from: '10ms', upTo: '10ms', jitter: 0 } as const;
const isolated = { ...shared, isolation: 'process', memory: '256mb', killAfter: '2s' } as const;

/** The same deeds, by how they are run. */
export const jobs = [
  defineJob({ ...shared, name: 'inline', retry }),
  defineJob({ ...shared, name: 'inline-once', retry: { attempts: 1 }, timeout: '2s' }),
  defineJob({ ...shared, name: 'retried-late', retry: { ...retry, from: '10m', upTo: '10m' } }),
  defineJob({
    ...isolated,
    name: 'isolated-anew',
    version: 2,
    upgrade: { 1: ({ note }: { note: string }) => ({ deed: 'echo', note }) },
    retry,
  }),
  defineJob({ ...isolated, name: 'isolated', retry }),
  defineJob({ ...isolated, name: 'isolated-once', retry: { attempts: 1 } }),
  defineJob({ ...isolated, name: 'isolated-briefly', retry: { attempts: 1 }, timeout: '5s' }),
  defineJob({ ...isolated, name: 'isolated-often', retry: { ...retry, attempts: 20 } }),
] as readonly AnyJob[];
