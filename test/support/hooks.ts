import { createHmac } from 'node:crypto';
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import { productMigrations } from '../../src/app/database.ts';
import { githubReviews } from '../../src/core/github-reviews.ts';
import { defineHook, defineTrigger, type Hook } from '../../src/core/hook.ts';
import { githubSignature, hmacSignature, stripeSignature } from '../../src/core/hook-scheme.ts';
import { type Hooks, openHooks } from '../../src/hooks/index.ts';
import type { HookOptions } from '../../src/hooks/options.ts';
import { buildServer, type Server } from '../../src/http/index.ts';
import { type Footprint, openTestFootprint } from './footprint.ts';
import { jobOf, openTestRuntime, type TestRuntime } from './runtime.ts';
import { scheduleServices } from './schedules.ts';

export const githubSecret = 'what GitHub and we know';
export const shopSecret = 'what the shop and we know';

const paid = z.object({ order: z.int(), mood: z.string().optional() });

/** Hooks of every sort: of GitHub, of a shop that signs the time alone, and of one whose body has the id. */
const hooks: readonly Hook[] = [
  defineHook({
    name: 'github',
    summary: 'Reviews.',
    scheme: githubSignature,
    on: githubReviews('code-review'),
  }),
  defineHook({
    name: 'shop',
    summary: 'Orders of the shop.',
    scheme: hmacSignature({ event: { body: 'type' } }),
    on: {
      paid: defineTrigger({
        job: 'adding',
        body: paid,
        map: ({ body: { order, mood } }) => {
          if (mood === 'bad') throw new Error('the mapping is in a bad mood');
          if (mood === 'idle') return { nothing: 'the order is not to be confirmed' };
          return { payload: { a: order, b: mood === 'wrong' ? 'no number' : 1 } };
        },
      }),
    },
  }),
  defineHook({
    name: 'bank',
    summary: 'Payments.',
    scheme: stripeSignature,
    on: {
      '*': defineTrigger({
        job: 'adding',
        body: z.object({ id: z.string() }),
        map: () => ({ payload: { a: 1, b: 1 } }),
      }),
    },
  }),
];

/** A server with webhooks on a runtime, where there is a job `code-review` only when it is wanted. */
export interface HookHouse extends AsyncDisposable {
  readonly runtime: TestRuntime;
  readonly server: Server;
  readonly hooks: Hooks;
  readonly bugs: unknown[];
  /** Every route, with its schema, once the server is ready. */
  readonly routes: readonly RouteOptions[];
  /** The moment that signatures are judged at; the clock of the machine, where it is not moved. */
  clock: { now: () => Date };
  /** The jobs that exist beside `adding`. */
  readonly present: Set<string>;
}

export async function openHookHouse(
  footprint: Footprint,
  options: Partial<HookOptions> = {},
): Promise<HookHouse> {
  const place = await openTestFootprint(footprint, productMigrations);
  const adding = jobOf('adding', () => Promise.resolve('done'), {
    payload: z.object({ a: z.number(), b: z.number() }),
  });
  const review = jobOf('code-review', () => Promise.resolve('fine'));
  const runtime = await openTestRuntime(footprint, [adding, review], { place });
  const { database, enqueuer } = runtime;
  const present = new Set(['adding']);
  const clock = { now: () => new Date() };
  const bugs: unknown[] = [];
  const opened = openHooks({
    database,
    hooks,
    options: { limitBytes: 64 * 1024, keepBodyBytes: 16 * 1024, keepMs: 86_400_000, ...options },
    secretsOf: (hook) => ({ github: [githubSecret], shop: [shopSecret] })[hook] ?? [],
    hasJob: (name) => present.has(name),
    accept: (tx, { job, payload, ...more }) => enqueuer.offer(job, payload, { ...more, tx }),
    now: () => clock.now(),
    onError: (error) => void bugs.push(error),
  });
  const server = buildServer(
    { ...runtime, ...scheduleServices(runtime), hooks: opened, detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void bugs.push(error),
    },
  );
  const routes: RouteOptions[] = [];
  server.addHook('onRoute', (route) => void routes.push(route));
  return {
    runtime,
    server,
    hooks: opened,
    bugs,
    routes,
    clock,
    present,
    async [Symbol.asyncDispose]() {
      await server.close();
      await runtime[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** The headers of the shop for `body`, signed now or `secondsAgo`. */
export function shopHeaders(
  body: string,
  { secondsAgo = 0, secret = shopSecret } = {},
): Record<string, string> {
  const time = String(Math.floor(Date.now() / 1000) - secondsAgo);
  return {
    'content-type': 'application/json',
    'x-timestamp': time,
    'x-signature': createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'),
  };
}
