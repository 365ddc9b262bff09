import type { Duration } from '../core/duration.ts';
import type { UniquenessOptions } from '../core/uniqueness.ts';

/** The jobs of an installation: what each takes and answers. `nightshift-types` writes one from the server. */
export type JobTypes = object;

/** Jobs that nothing is known of: any name, any payload. */
export interface AnyJobs {
  readonly [job: string]: { readonly payload: unknown; readonly result: unknown };
}

export type JobName<Jobs> = keyof Jobs & string;

export type PayloadOf<Jobs, Name extends keyof Jobs> = Jobs[Name] extends {
  readonly payload: infer Payload;
}
  ? Payload
  : unknown;

export type ResultOf<Jobs, Name extends keyof Jobs> = Jobs[Name] extends {
  readonly result: infer Result;
}
  ? Result
  : unknown;

/** How a run is enqueued; the words are the server's. */
export interface EnqueueOptions extends UniquenessOptions {
  /** Not before so long has passed. */
  readonly delay?: Duration;
  /** 0 is first, 2097151 is last. */
  readonly priority?: number;
  /** Do not begin it when it has waited for longer. */
  readonly expires?: Duration;
  /** Whose run it is, where the limits of its job go by that. */
  readonly key?: string;
}
