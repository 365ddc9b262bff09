import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunContext } from '../../src/core/context.ts';
import { Cancel, Snooze } from '../../src/core/endings.ts';
import { type AnyJob, defineJob, type JobOptions } from '../../src/core/job.ts';
import type { RunState } from '../../src/core/run.ts';
import { insertEffect } from './history.ts';
import type { Tell } from './journal.ts';

/** What every job of the load gets: how long its steps take, and of which offer it came. */
const payload = z.object({ ms: z.int().min(0), mark: z.string() });
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
  | 'aloof'
  | 'snoozing'
  | 'quitting'
  | 'overtime';

/** What producers enqueue, and how often. */
export const chaosMix: Readonly<Record<ChaosJobName, number>> = {
  quick: 1,
  stepped: 1,
  booking: 2,
  flaky: 1,
  hopeless: 1,
  lengthy: 2,
  aloof: 2,
  snoozing: 1,
  quitting: 1,
  overtime: 1,
};

/** Failures that a run of the load may have. */
export const attemptsAllowed = 4;

/** The state in which a run of the job ends when nothing but faults happens to it. */
export function endsOf(job: string): RunState {
  return job === 'hopeless' ? 'failed' : job === 'quitting' ? 'cancelled' : 'succeeded';
}

/** The attempts before this one do not succeed. */
export function firstSuccessOf(job: string): number {
  return { flaky: 3, snoozing: 3, overtime: 2 }[job] ?? 1;
}

/** Faults wait for one of these to begin. */
export function takesAWhile(job: string): boolean {
  return job === 'lengthy' || job === 'aloof';
}

type Context = RunContext<'database'>;

/** The mixed small jobs of the load; what they do they tell at once. */
export function chaosJobs(tell: Tell): readonly AnyJob[] {
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
    // It never touches ctx, so that only its outcome can tell that it lost its run.
    define('aloof', (_, ms) => sleep(800 + 20 * ms)),
    define('snoozing', async (ctx, ms) => {
      await ctx.step('before', () => did(ctx, 'before', ms));
      if (ctx.run.attempt <= 2) throw new Snooze('300ms');
    }),
    define('quitting', () => Promise.reject(new Cancel('nothing to do'))),
    define('overtime', goOnTooLong, { timeout: '400ms' }),
  ];
}

/** Deaf to its signal, and writes when its time is over: that must be refused. */
async function goOnTooLong(ctx: Context): Promise<void> {
  if (ctx.run.attempt > 1) return;
  await sleep(1200);
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
      from: '100ms',
      upTo: '100ms',
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
