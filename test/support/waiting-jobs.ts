import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { child } from '../../src/core/child.ts';
import type { RunContext } from '../../src/core/context.ts';
import type { Failure } from '../../src/core/errors.ts';
import { type AnyJob, defineJob } from '../../src/core/job.ts';

const retry = { attempts: 3, backoff: 'fixed', from: '10ms', upTo: '10ms', jitter: 0 } as const;

/** Doubles a number; fails for good where it is negative, and takes `ms`. */
const doubling = defineJob({
  name: 'doubling',
  summary: 'Doubles.',
  payload: z.object({ n: z.int(), ms: z.int().default(0) }),
  result: z.object({ twice: z.int() }),
  retry: { attempts: 1 },
  async run(ctx, { n, ms }) {
    await sleep(ms, undefined, { signal: ctx.signal });
    if (n < 0) throw new Error(`${n} is negative`);
    return { twice: 2 * n };
  },
});

/** Waits until somebody sends `go` with its run's id, or is cancelled. */
const patient = defineJob({
  name: 'patient',
  summary: 'Waits.',
  payload: z.object({ for: z.string() }),
  result: z.object({ got: z.unknown() }),
  retry,
  async run(ctx, { for: key }) {
    return { got: (await ctx.waitFor('go', { event: 'go', key })) ?? null };
  },
});

type Context = RunContext<'database'>;
type Deed = (ctx: Context, of: { readonly key: string; readonly n: number }) => Promise<unknown>;

/** What a parent of these tests does, by name. */
const deeds: Record<string, Deed> = {
  async enqueue(ctx) {
    const first = await ctx.enqueue(doubling, { n: 1 });
    const second = await ctx.enqueue('doubling', { n: 2 }, { priority: 3, name: 'second' });
    if (ctx.run.attempt < 3) throw new Error('once more');
    return [first, second];
  },
  async 'enqueue in a transaction'(ctx) {
    const torn = await ctx
      .transaction('torn', async () => {
        await ctx.enqueue(doubling, { n: 3 });
        throw new Error('torn');
      })
      .catch((error: unknown) => (error as Error).message);
    const id = await ctx.transaction('kept', () => ctx.enqueue(doubling, { n: 4 }));
    return { torn, id };
  },
  all: async (ctx) =>
    (await ctx.all('pair', [child(doubling, { n: 1 }), child(doubling, { n: 2, ms: 30 })])).map(
      ({ twice }) => twice,
    ),
  many: async (ctx, { n }) => {
    const children = Array.from({ length: n }, (_, i) => child(doubling, { n: i }));
    const results = await ctx.all('many', children);
    return results.reduce((sum, { twice }) => sum + twice, 0);
  },
  none: async (ctx) => [
    await ctx.all('none', []),
    await ctx.all('nobody', [], { policy: 'any' }).catch((e: unknown) => (e as Failure).code),
  ],
  'all but one': (ctx, { key }) =>
    ctx.all('mixed', [child(doubling, { n: -1 }), child(patient, { for: key })]),
  'all, cancelling': (ctx, { key }) =>
    ctx.all('mixed', [child(doubling, { n: -1 }), child(patient, { for: key })], {
      cancelRest: true,
    }),
  any: (ctx, { key }) =>
    ctx.all(
      'race',
      [child(patient, { for: key }), child(doubling, { n: -1 }), child(doubling, { n: 4 })],
      { policy: 'any', cancelRest: true },
    ),
  'any of bad ones': (ctx) =>
    ctx.all('race', [child(doubling, { n: -1 }), child(doubling, { n: -2 })], { policy: 'any' }),
  settled: (ctx) =>
    ctx.all('each', [child(doubling, { n: -1 }), child(doubling, { n: 5 })], { policy: 'settled' }),
  'all, too late': (ctx, { key }) =>
    ctx.all('slow', [child(patient, { for: key })], { timeout: '200ms', cancelRest: true }),
  async sleep(ctx) {
    const began = await ctx.step('began', async () => Date.now());
    await ctx.sleep('nap', '400ms');
    return { slept: Date.now() - began, attempt: ctx.run.attempt };
  },
  family: (ctx, { key }) => ctx.all('below', [child('parent', { deed: 'two patient ones', key })]),
  'two patient ones': (ctx, { key }) =>
    ctx.all('waiting', [
      child(patient, { for: `${key}, attached` }),
      child(patient, { for: `${key}, detached` }, { detached: true }),
    ]),
  'one to be cancelled': (ctx, { key }) =>
    ctx.all('one', [child(patient, { for: key })], { policy: 'settled' }),
  'one to be expired': (ctx) =>
    ctx.all('one', [child(doubling, { n: 1 }, { delay: '1h', expires: '1h' })], {
      policy: 'settled',
    }),
  /** Every kind of wait, one after the other; what follows each is written down. */
  async stages(ctx, { key }) {
    const mark = (stage: string) =>
      ctx.transaction(stage, async (sql) => {
        await sql.query(`insert into public.marks values ($1, $2)`, [ctx.run.id, stage]);
      });
    const children = [1, 2, 3, 4].map((n) => child(doubling, { n, ms: 30 * n }));
    const results = await ctx.all('some', children);
    await mark('after children');
    await ctx.sleep('nap', '500ms');
    await mark('after sleep');
    const payload = await ctx.waitFor('end', { event: 'end', key });
    await mark('after event');
    return { twice: results.map(({ twice }) => twice), payload };
  },
  async 'sleep ms'(ctx, { n }) {
    await ctx.sleep('nap', `${n}ms`);
  },
  'sleep for long': async (ctx) => {
    await ctx.sleep('night', '1h');
  },
  async 'catch all'(ctx) {
    let caught = 0;
    let finished = 0;
    try {
      await ctx.sleep('nap', '50ms');
    } catch {
      caught++;
    } finally {
      finished++;
    }
    await ctx.step('after', async () => ({ caught, finished }));
    return { caught, finished };
  },
  async together(ctx) {
    const ran = { n: 0 };
    const [, one] = await Promise.all([
      ctx.sleep('nap', '100ms'),
      ctx.step('one', async () => {
        await sleep(200);
        ran.n++;
        return 'one';
      }),
      ctx.sleep('other', '150ms'),
    ]);
    return { one, ran: ran.n };
  },
  async race(ctx) {
    const first = await Promise.race([
      ctx.sleep('long', '1h').then(() => 'slept'),
      ctx.step('quick', async () => {
        await sleep(50);
        return 'stepped';
      }),
    ]);
    await ctx.step('after', async () => first);
    return first;
  },
  async 'first of two waits'(ctx, { key, n }) {
    return Promise.race([
      ctx.sleep('nap', `${n}ms`).then(() => 'slept'),
      ctx.waitFor('go', { event: 'go', key }).then((payload) => payload),
    ]);
  },
  async event(ctx, { key }) {
    const payload = await ctx.waitFor('paid', {
      event: 'paid',
      key,
      timeout: '1h',
      schema: z.object({ amount: z.int() }),
    });
    return { payload };
  },
  async 'event, too late'(ctx, { key }) {
    const payload = await ctx.waitFor('paid', { event: 'paid', key, timeout: '200ms' });
    return { isUndefined: payload === undefined };
  },
  'event of any key': async (ctx, { key }) => ctx.waitFor('any', { event: key }),
  async 'two events'(ctx, { key }) {
    const one = await ctx.waitFor('one', { event: 'paid', key });
    return [one, await ctx.waitFor('two', { event: 'paid', key })];
  },
  async nested(ctx) {
    const codes = [];
    for (const deed of [
      () => ctx.sleep('x', '1h'),
      () => ctx.waitFor('x', { event: 'x' }),
      () => ctx.all('x', [child(doubling, { n: 1 })]),
      () => ctx.enqueue(doubling, { n: 1 }),
    ])
      codes.push(
        await ctx.step(`outer ${codes.length}`, () =>
          deed().then(String, (error: unknown) => (error as Failure).code),
        ),
      );
    return codes;
  },
  'bad payload': (ctx) => ctx.enqueue('doubling', { n: 'many' }),
  stranger: (ctx) => ctx.enqueue('dubling', {}),
  'sleep too long': (ctx) => ctx.sleep('x', '4000d'),
};

const payload = z.object({ deed: z.string(), key: z.string().default(''), n: z.int().default(0) });

function parentOf(name: string, more: object = {}): AnyJob {
  return defineJob({
    name,
    summary: 'Has children, and waits.',
    payload,
    result: z.unknown(),
    retry,
    needs: ['database'],
    run: (ctx, { deed, ...of }) => deeds[deed]!(ctx, of),
    ...more,
  }) as AnyJob;
}

/** The same in the worker's process and in one of its own. */
const parent = parentOf('parent');
const isolated = parentOf('isolated', { isolation: 'process', killAfter: '1s' });

/** Has a child of its own job: with the same payload, or one level less. */
const nesting: AnyJob = defineJob({
  name: 'nesting',
  summary: 'Has one of its own.',
  payload: z.object({ level: z.int(), by: z.int() }),
  result: z.int(),
  retry,
  async run(ctx, { level, by }) {
    if (level === 0) return 0;
    const [below] = await ctx.all('below', [child('nesting', { level: level - by, by })]);
    return Number(below) + 1;
  },
}) as AnyJob;

export const waitingJobs: readonly AnyJob[] = [
  doubling as AnyJob,
  patient as AnyJob,
  parent,
  isolated,
  nesting,
];
