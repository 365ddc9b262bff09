import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { child } from '../../src/core/child.ts';
import type { RunContext } from '../../src/core/context.ts';
import { Cancel, Snooze } from '../../src/core/endings.ts';
import { type AnyJob, defineJob, type JobOptions } from '../../src/core/job.ts';
import type { RunState } from '../../src/core/run.ts';
import type { Sql } from '../../src/core/sql.ts';
import { insertEffect } from './history.ts';
import type { Tell } from './journal.ts';

/** What every job of the load gets: how long its steps take, and of which offer it came. */
const payload = z.object({ ms: z.int().min(0), mark: z.string() });
type ChaosPayload = z.output<typeof payload>;
const result = z.object({ attempt: z.int() });

/** What every job of the load returns: the attempt that it was. */
export type ChaosResult = z.output<typeof result>;

export type ChaosJobName =
  | 'quick'
  | 'stepped'
  | 'booking'
  | 'flaky'
  | 'hopeless'
  | 'lengthy'
  | 'bundled'
  | 'aloof'
  | 'snoozing'
  | 'quitting'
  | 'overtime'
  | 'begetting'
  | 'gathering'
  | 'napping'
  | 'rationed'
  | 'tenanted'
  | 'apart'
  | 'stubborn';

/** Jobs with their shares. */
export type Mix = Readonly<Partial<Record<ChaosJobName, number>>>;

/** What producers enqueue, and how often. */
export const chaosMix: Readonly<Record<ChaosJobName, number>> = {
  quick: 8,
  stepped: 8,
  booking: 16,
  flaky: 8,
  hopeless: 8,
  lengthy: 16,
  // Each is a burst of ten.
  bundled: 2,
  aloof: 16,
  snoozing: 8,
  quitting: 8,
  overtime: 8,
  begetting: 8,
  gathering: 8,
  napping: 8,
  rationed: 4,
  tenanted: 4,
  // Each attempt of these costs a process.
  apart: 1,
  stubborn: 1,
};

/** The jobs that somebody pauses now and then. */
export const pausable: readonly ChaosJobName[] = ['stepped', 'flaky', 'snoozing'];

/** Failures that a run of the load may have. */
export const attemptsAllowed = 4;

/** How many runs of these jobs may be under way at a time: of each, and of each key. */
export const limitsOf: Readonly<
  Record<string, { readonly total?: number; readonly perKey?: number }>
> = {
  rationed: { total: 2 },
  tenanted: { perKey: 1 },
};

/** The key of a run by the mark of its offer: one of four. */
export function keyOf(mark: string): string {
  return `key ${Number.parseInt(mark.at(-1)!, 16) % 4}`;
}

/** The state in which a run of the job ends when nothing but faults happens to it. */
export function endsOf(job: string): RunState {
  return job === 'hopeless' ? 'failed' : job === 'quitting' ? 'cancelled' : 'succeeded';
}

/** The attempts before this one do not succeed. */
export function firstSuccessOf(job: string): number {
  return { flaky: 3, snoozing: 3, overtime: 2, stubborn: 2, rationed: 2, tenanted: 2 }[job] ?? 1;
}

/** Faults wait for one of these to begin. */
export function takesAWhile(job: string): boolean {
  return job === 'lengthy' || job === 'aloof' || job === 'bundled';
}

/** What `gathering` waits for, and the steps by which it and `napping` go on. */
export const childrenOfGathering = ['quick', 'stepped', 'quick'] as const;
export const gatheringStep = 'all children';
export const napStep = 'sleep nap';
export const napMs = 300;

/** True for what is recorded without a body of the handler that ran. */
export function isWait(step: string): boolean {
  return step === gatheringStep || step === napStep;
}

type Context = RunContext<'database'>;

/** What the jobs of the load reach for outside their context. */
export interface Surroundings {
  readonly tell: Tell;
  /** Accepts a run of `quick` in the transaction, by the product's own `enqueue`. */
  enqueue(child: ChaosPayload, tx: Sql): Promise<unknown>;
}

/** The mixed small jobs of the load; what they do they tell at once. */
export function chaosJobs(surroundings: Surroundings): readonly AnyJob[] {
  const { tell } = surroundings;
  const did = performing(tell);
  return [
    define('quick', () => Promise.resolve()),
    define('stepped', async (ctx, ms) => {
      for (const name of ['one', 'two', 'three']) await ctx.step(name, () => did(ctx, name, ms));
    }),
    define('booking', async (ctx, ms) => {
      for (const name of ['book out', 'book in'])
        await ctx.transaction(name, async (sql) => {
          await sql.query(insertEffect, [ctx.run.id, ctx.run.attempt, name]);
          if (ms > 45 && ctx.run.attempt === 1) throw new Error('torn: nothing of it may stay');
          return did(ctx, name, ms);
        });
      await ctx.database.query(insertEffect, [ctx.run.id, ctx.run.attempt, null]);
    }),
    define('flaky', async (ctx, ms) => {
      await ctx.step('before', () => did(ctx, 'before', ms));
      if (ctx.run.attempt <= 2) throw new Error('not yet');
    }),
    define('hopeless', () => Promise.reject(new Error('never'))),
    define('lengthy', async (ctx, ms) => {
      for (let i = 1; i <= 20; i++)
        await ctx.step(`part ${i}`, () => did(ctx, `part ${i}`, 40 + ms));
    }),
    define(
      'bundled',
      (ctx, ms) => ctx.step('carried', () => did(ctx, 'carried', 15 * ms)).then(ignore),
      {
        bundle: { max: 20 },
      },
    ),
    // It never touches ctx, so that only its outcome can tell that it lost its run.
    define('aloof', (_, ms) => sleep(800 + 20 * ms)),
    define('snoozing', async (ctx, ms) => {
      await ctx.step('before', () => did(ctx, 'before', ms));
      if (ctx.run.attempt <= 2) throw new Snooze('1s');
    }),
    define('quitting', () => Promise.reject(new Cancel('nothing to do'))),
    define('overtime', goOnTooLong, { timeout: '1s' }),
    define('begetting', async (ctx, ms) => {
      for (const name of ['beget', 'beget by SQL'])
        await ctx.transaction(name, async (sql) => {
          await beget(surroundings, { ctx, name, sql });
          if (ms > 45 && ctx.run.attempt === 1) throw new Error('torn: nothing of it may stay');
          return did(ctx, name, ms);
        });
    }),
    define('gathering', async (ctx, ms) => {
      const children = childrenOfGathering.map((job, i) => {
        const mark = `${ctx.run.id} ${i}`;
        tell({ kind: 'offered', mark, job, delayMs: 0 });
        return child(job, { ms, mark });
      });
      await ctx.all('children', children, { policy: 'settled' });
      await ctx.transaction('book after', async (sql) => {
        await sql.query(insertEffect, [ctx.run.id, ctx.run.attempt, 'book after']);
        return did(ctx, 'book after', 0);
      });
    }),
    define('napping', async (ctx, ms) => {
      await ctx.sleep('nap', `${napMs}ms`);
      await ctx.step('after', () => did(ctx, 'after', ms));
    }),
    define('rationed', (ctx, ms) => workTwice(ctx, did, ms), {
      concurrency: limitsOf['rationed']!,
    }),
    define('tenanted', (ctx, ms) => workTwice(ctx, did, ms), {
      key: ({ mark }) => keyOf(mark),
      concurrency: limitsOf['tenanted']!,
    }),
    define(
      'apart',
      async (ctx, ms) => {
        for (const name of ['one', 'two', 'three'])
          await ctx.step(name, () => did(ctx, name, 10 * ms));
      },
      isolated,
    ),
    define('stubborn', (ctx) => stayTooLong(ctx, tell), { ...isolated, timeout: '3s' }),
  ];
}

function ignore(): void {}

const isolated = { isolation: 'process', memory: '256mb', killAfter: '300ms' } as const;

/** Its first attempt ends in one of the ways that give up a slot. */
async function workTwice(ctx: Context, did: ReturnType<typeof performing>, ms: number) {
  await ctx.step('before', () => did(ctx, 'before', 2 * ms));
  if (ctx.run.attempt > 1) return;
  throw ms % 2 === 0 ? new Error('not yet') : new Snooze('200ms');
}

/** A run of another job joins the transaction. */
async function beget(
  { tell, enqueue }: Surroundings,
  { ctx, name, sql }: { readonly ctx: Context; readonly name: string; readonly sql: Sql },
): Promise<void> {
  const { id: run, attempt } = ctx.run;
  const mark = randomUUID();
  tell({ kind: 'offered', mark, job: 'quick', delayMs: 0, within: { run, attempt, step: name } });
  const child = { ms: 0, mark };
  if (name === 'beget') await enqueue(child, sql);
  else await sql.query(`select nightshift.enqueue('quick', $1::jsonb)`, [JSON.stringify(child)]);
}

/** Deaf to its signal for ever: only its process can be ended. */
async function stayTooLong(ctx: Context, tell: Tell): Promise<void> {
  while (ctx.run.attempt === 1) {
    tell({ kind: 'alive', run: ctx.run.id, attempt: ctx.run.attempt });
    await sleep(500);
  }
}

/** Deaf to its signal, and writes when its time is over: that must be refused. */
async function goOnTooLong(ctx: Context): Promise<void> {
  if (ctx.run.attempt > 1) return;
  await sleep(2500);
  await ctx.database.query(insertEffect, [ctx.run.id, ctx.run.attempt, null]);
}

function define(
  name: ChaosJobName,
  work: (ctx: Context, ms: number) => Promise<void>,
  more: Partial<JobOptions<typeof payload, typeof result, 'database'>> = {},
): AnyJob {
  const options: JobOptions<typeof payload, typeof result, 'database'> = {
    name,
    summary: 'A job of the fault suite.',
    payload,
    result,
    needs: ['database'],
    timeout: '1m',
    retry: {
      attempts: attemptsAllowed,
      backoff: 'fixed',
      from: '500ms',
      upTo: '500ms',
      jitter: 0.5,
    },
    async run(ctx, { ms }) {
      await work(ctx, ms);
      return { attempt: ctx.run.attempt };
    },
    ...more,
  };
  return defineJob(options) as AnyJob;
}

/** The body of a step: takes its time, and tells that it ran with a mark that is also its result. */
function performing(tell: Tell) {
  return async (ctx: Context, step: string, ms: number): Promise<string> => {
    await sleep(ms);
    const mark = randomUUID();
    tell({ kind: 'performed', run: ctx.run.id, attempt: ctx.run.attempt, step, mark });
    return mark;
  };
}
