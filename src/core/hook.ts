import type { z } from 'zod';
import type { Duration } from './duration.ts';
import { Failure } from './errors.ts';
import { findSchemeFaults, type SignatureScheme } from './hook-scheme.ts';
import type { Job } from './job.ts';
import type { UniquenessOptions } from './uniqueness.ts';

/** A verified delivery, as a mapping sees it. */
export interface HookDelivery<Body = unknown> {
  /** What happened, in the sender's words; `*` where the sender does not say. */
  readonly event: string;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a delivery comes to: the payload of a run and how it is enqueued, or why there is nothing to do. */
export type Mapped<Payload = unknown> =
  | ({ readonly payload: Payload } & TriggerOptions)
  | { readonly nothing: string };

/** How a run is enqueued; the same as everywhere. */
export interface TriggerOptions extends UniquenessOptions {
  readonly delay?: Duration;
  readonly priority?: number;
  readonly key?: string;
}

/** What is done for one kind of event. */
export interface Trigger {
  readonly job: string;
  readonly body: z.ZodType;
  map(delivery: HookDelivery): Mapped;
}

/** A trigger as it is written down: a body that its schema takes becomes a payload that the job's does. */
export interface TriggerDefinition<Body extends z.ZodType, Target extends TargetJob> {
  /** A job, or the name of one that need not be there yet. */
  readonly job: Target;
  readonly body: Body;
  map(delivery: HookDelivery<z.output<Body>>): Mapped<PayloadOf<Target>>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- only `any` is both co- and contravariant
type TargetJob = string | Job<any, any> | Job<any, any, never>;

type PayloadOf<Target> =
  Target extends Job<infer Payload, infer _Result, infer _Needs> ? z.input<Payload> : unknown;

/** A webhook: who may call it, and what its events trigger. */
export interface Hook {
  readonly name: string;
  /** One sentence for people. */
  readonly summary: string;
  readonly scheme: SignatureScheme;
  /** By event; `*` is any other, and the only one where the sender does not say. */
  readonly on: Readonly<Record<string, Trigger>>;
}

/** Checks a trigger by its types: a payload that the job does not take does not compile. */
export function defineTrigger<Body extends z.ZodType, const Target extends TargetJob>({
  job,
  body,
  map,
}: TriggerDefinition<Body, Target>): Trigger {
  return {
    job: typeof job === 'string' ? job : (job as { readonly name: string }).name,
    body,
    map: (delivery) => map(delivery as HookDelivery<z.output<Body>>),
  };
}

/** Checks a hook; throws `hook.invalid` with every fault. */
export function defineHook(hook: Hook): Hook {
  const faults = findSchemeFaults(hook.scheme);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(hook.name))
    faults.unshift(`name: "${hook.name}" is not lower-case words joined by "-"`);
  if (Object.keys(hook.on).length === 0) faults.push('on: no event triggers anything');
  if (faults.length > 0)
    throw new Failure('hook.invalid', { hook: hook.name, faults: faults.join('; ') });
  return Object.freeze(hook);
}

/** The hooks, each of another name; throws `hook.invalid` where two share one. */
export function collectHooks(hooks: readonly Hook[]): readonly Hook[] {
  const names = new Set<string>();
  for (const { name: hook } of hooks) {
    if (names.has(hook))
      throw new Failure('hook.invalid', { hook, faults: 'name: two hooks have it' });
    names.add(hook);
  }
  return hooks;
}

/** The environment variable of a hook's secrets. */
export function secretsVariable(hook: string): `NIGHTSHIFT_HOOK_${string}_SECRETS` {
  return `NIGHTSHIFT_HOOK_${hook.toUpperCase().replaceAll('-', '_')}_SECRETS`;
}

/** The secrets in the text of such a variable: separated by commas, all of them good, for a rotation. */
export function readSecrets(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}
