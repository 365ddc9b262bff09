import type { z } from 'zod';
import type { Duration } from './duration.ts';
import type { FanInPolicy } from './fan-in.ts';
import type { RunError } from './run.ts';

/** What is needed of a job to enqueue a run of it: its name, or the whole definition, which types the payload. */
export type ChildJob<
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> = { readonly name: string; readonly payload: Payload; readonly result: Result };

/** How a run that a handler enqueues differs from any other. */
export interface ChildOptions {
  /** Not before so much time has passed. */
  readonly delay?: Duration;
  /** 0 is first; a larger number is later. */
  readonly priority?: number;
  /** It does not begin any more when it has waited for longer, from when it may run; else as its job says. */
  readonly expires?: Duration;
  /** It lives on when its parent is cancelled. */
  readonly detached?: boolean;
}

/** One run of a fan-out; `Result` is what it will return. */
export interface Child<Result = unknown> {
  readonly job: string;
  readonly payload: unknown;
  readonly options: ChildOptions;
  /** Only a type: no value is there. */
  readonly result?: Result;
}

/** A run for `ctx.all`. A payload of the wrong type does not compile, and is checked again when it is accepted. */
export function child<Payload extends z.ZodType, Result extends z.ZodType>(
  job: ChildJob<Payload, Result>,
  payload: z.input<NoInfer<Payload>>,
  options?: ChildOptions,
): Child<z.output<Result>>;
export function child(job: string, payload: unknown, options?: ChildOptions): Child;
export function child(job: ChildJob | string, payload: unknown, options: ChildOptions = {}): Child {
  return { job: typeof job === 'string' ? job : job.name, payload, options };
}

/** When `ctx.all` goes on, and what becomes of the children that it does not wait for then. */
export interface AllOptions<Policy extends FanInPolicy = FanInPolicy> {
  /** `all` when left out. */
  readonly policy?: Policy;
  /** Cancels those that have not ended when it goes on, or gives up. */
  readonly cancelRest?: boolean;
  /** How long it waits at the most; then it throws `wait.timeout`. */
  readonly timeout?: Duration;
}

/** How one child ended. */
export type ChildOutcome<Result = unknown> =
  | { readonly run: string; readonly state: 'succeeded'; readonly result: Result }
  | {
      readonly run: string;
      readonly state: 'failed' | 'cancelled' | 'expired';
      readonly error: Pick<RunError, 'name' | 'message' | 'code'>;
    };

type ResultOf<One> = One extends Child<infer Result> ? Result : never;

/** What `ctx.all` answers: each result, the first result, or each outcome; in the order of the children. */
export type AllAnswer<Children extends readonly Child[], Policy extends FanInPolicy> = {
  all: { -readonly [At in keyof Children]: ResultOf<Children[At]> };
  any: ResultOf<Children[number]>;
  settled: { -readonly [At in keyof Children]: ChildOutcome<ResultOf<Children[At]>> };
}[Policy];

/** Which event a run waits for. */
export interface EventOptions<Schema extends z.ZodType = z.ZodUnknown> {
  readonly event: string;
  /** Only events with this key; left out: of any key, or none. */
  readonly key?: string;
  /** How long it waits at the most; left out: for ever. */
  readonly timeout?: Duration;
  /** What its payload has to be: an event that does not fit is logged, and the run waits on. */
  readonly schema?: Schema;
}

/** What `ctx` offers to runs that have children, or wait without a worker's slot. */
export interface Waiting {
  /**
   * Accepts a run of another job once per run, however often the attempt is repeated, and answers its id. `name`
   * tells several of one job apart; without it their order does. Inside `ctx.transaction` it joins the transaction.
   * Throws `payload.invalid`, `job.unknown`, `child.cycle` or `child.deep`.
   */
  enqueue<Payload extends z.ZodType>(
    job: ChildJob<Payload>,
    payload: z.input<NoInfer<Payload>>,
    options?: ChildOptions & { readonly name?: string },
  ): Promise<string>;
  enqueue(
    job: string,
    payload: unknown,
    options?: ChildOptions & { readonly name?: string },
  ): Promise<string>;
  /**
   * Accepts up to 10,000 runs in one commit, and waits for them. Throws `child.failed` when one ended otherwise
   * than the policy lets it, and what `enqueue` throws.
   */
  all<const Children extends readonly Child[], Policy extends FanInPolicy = 'all'>(
    name: string,
    children: Children,
    options?: AllOptions<Policy>,
  ): Promise<AllAnswer<Children, Policy>>;
  /** Waits for so long from the first time that it is called under this name. */
  sleep(name: string, duration: Duration): Promise<void>;
  /** Waits for an event and answers its payload, or undefined when `timeout` went by. */
  waitFor<Schema extends z.ZodType = z.ZodUnknown>(
    name: string,
    options: EventOptions<Schema>,
  ): Promise<z.output<Schema> | undefined>;
}
