import type { z } from 'zod';
import type { AllOptions, Child, ChildOptions, EventOptions, Waiting } from '../core/child.ts';
import type { RunLog } from '../core/context.ts';
import { type Duration, durationMs, formatMs } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import { faultsOf } from './catalogue.ts';
import type { Holding } from './holding.ts';
import type { Steps } from './steps.ts';
import type { Suspension } from './suspension.ts';
import type { WaitRequest, WaitState } from './wait.ts';

export interface WaitsOptions {
  readonly run: string;
  readonly holding: Holding;
  readonly steps: Steps;
  readonly suspension: Suspension;
  readonly log: RunLog;
}

/** The part of `ctx` that has children and waits. Each kind has step names of its own, so that they never meet. */
export function openWaits(options: WaitsOptions): Waiting {
  const { holding, steps } = options;
  const nameChild = openNames();
  return {
    enqueue(
      job: { readonly name: string } | string,
      payload: unknown,
      { name, ...more }: ChildOptions & { readonly name?: string } = {},
    ): Promise<string> {
      const child = { job: typeof job === 'string' ? job : job.name, payload, options: more };
      const { tx } = steps;
      if (tx) return holding.enqueue('', child, tx);
      const step = `enqueue ${name ?? nameChild(child.job)}`;
      return steps.once(step, () => holding.enqueue(step, child));
    },
    all: ((name: string, children: readonly Child[], more: AllOptions = {}) =>
      waitForAll(options, { name, children, more })) as Waiting['all'],
    async sleep(name, duration) {
      const step = `sleep ${name}`;
      await steps.once(step, async () => {
        const request = { name: step, kind: 'sleep', ms: spanOf(duration) } as const;
        const { waitedMs } = await settled<'over'>(options, request, `sleeps (${name})`);
        await holding.settle({ name: step, result: null, tookMs: waitedMs });
      });
    },
    waitFor: (name, what) => waitForEvent(options, name, what),
  };
}

/** `mail-triage 1`, `mail-triage 2`: by the order in which the handler asks. */
function openNames(): (job: string) => string {
  let counts: Map<string, number> | undefined; // most attempts have no children
  return (job) => {
    counts ??= new Map();
    const count = (counts.get(job) ?? 0) + 1;
    counts.set(job, count);
    return `${job} ${count}`;
  };
}

const longestDays = 3650;

function spanOf(duration: Duration): number {
  const ms = durationMs(duration);
  const days = Math.round(ms / 86_400_000);
  if (days > longestDays) throw new Failure('run.far', { days, most: longestDays });
  return ms;
}

type Settled<Is extends WaitState['is']> = Extract<WaitState, { is: Is }>;

/** What the wait has come to; while it is pending the attempt ends, and this never resolves. */
async function settled<Is extends Exclude<WaitState['is'], 'pending'>>(
  { holding, suspension }: WaitsOptions,
  request: WaitRequest,
  what: string,
): Promise<Settled<Is>> {
  const state = await holding.wait(request);
  if (state.is !== 'pending') return state as Settled<Is>;
  return suspension.park({ what, isSleep: request.kind === 'sleep', dueMs: state.dueMs });
}

type Received = { readonly payload: unknown } | { readonly timedOut: true };

/** The event is remembered as it came, and parsed by each attempt. */
async function waitForEvent<Schema extends z.ZodType>(
  options: WaitsOptions,
  name: string,
  { event, key, timeout, schema }: EventOptions<Schema>,
): Promise<z.output<Schema> | undefined> {
  const { holding, steps, log } = options;
  const step = `event ${name}`;
  const what = `waits for the event ${event}${key === undefined ? '' : ` (${key})`}`;
  const request: WaitRequest = {
    name: step,
    kind: 'event',
    event,
    ...(key !== undefined && { key }),
    ...(timeout !== undefined && { ms: spanOf(timeout) }),
  };
  const received = await steps.once(step, async (): Promise<Received> => {
    for (;;) {
      const state = await settled<'event' | 'over'>(options, request, what);
      const fit = state.is === 'event' ? schema?.safeParse(state.payload) : undefined;
      if (!fit?.error) {
        const result =
          state.is === 'event' ? { payload: state.payload } : { timedOut: true as const };
        await holding.settle({ name: step, result, tookMs: state.waitedMs });
        return result;
      }
      log.warn(`an event ${event} does not fit and is ignored: ${faultsOf(fit.error)}`);
      await holding.decline(step);
    }
  });
  if ('timedOut' in received) return undefined;
  return (schema ? schema.parse(received.payload) : received.payload) as z.output<Schema>;
}

interface FanOut {
  readonly name: string;
  readonly children: readonly Child[];
  readonly more: AllOptions;
}

async function waitForAll(options: WaitsOptions, { name, children, more }: FanOut) {
  const { holding, steps } = options;
  const { policy = 'all' } = more;
  const step = `all ${name}`;
  if (children.length === 0 && policy !== 'any') return [];
  return steps.once(step, async () => {
    const state = await askForAll(options, { name, children, more }, step);
    if (state.is === 'over')
      throw new Failure('wait.timeout', {
        name,
        timeout: more.timeout ?? formatMs(state.waitedMs),
      });
    if (state.is === 'failed') throw failureOf(options.run, { name, children, more }, state);
    const { outcomes, waitedMs } = state;
    const results = outcomes.map((outcome) => ('result' in outcome ? outcome.result : null));
    const result = policy === 'settled' ? outcomes : policy === 'any' ? results[0] : results;
    await holding.settle({ name: step, result, tookMs: waitedMs });
    return result;
  });
}

/** Children are sent only once: an attempt that follows finds them. */
async function askForAll(
  options: WaitsOptions,
  { name, children, more }: FanOut,
  step: string,
): Promise<Settled<'over' | 'failed' | 'ended'>> {
  const { policy = 'all', timeout, cancelRest = false } = more;
  if (children.length === 0)
    throw new Failure('child.none_succeeded', { count: 0, name, parent: options.run });
  const request: WaitRequest = {
    name: step,
    kind: 'children',
    policy,
    cancelRest,
    ...(timeout !== undefined && { ms: spanOf(timeout) }),
  };
  const what = `waits for its children (${name})`;
  const found = await settled<'unknown' | 'over' | 'failed' | 'ended'>(options, request, what);
  if (found.is !== 'unknown') return found;
  return settled(options, { ...request, children }, what);
}

function failureOf(
  run: string,
  { name, children, more }: FanOut,
  { job, outcome }: Settled<'failed'>,
): Failure {
  if (more.policy === 'any')
    return new Failure('child.none_succeeded', { count: children.length, name, parent: run });
  const reason = 'error' in outcome ? outcome.error.message : '';
  return new Failure('child.failed', { id: outcome.run, job, state: outcome.state, reason });
}
