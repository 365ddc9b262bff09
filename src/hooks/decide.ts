import { durationMs } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import type { Hook, HookDelivery, Mapped, Trigger } from '../core/hook.ts';
import type { UniquenessOptions } from '../core/uniqueness.ts';

/** A run that a delivery asks for. */
export interface HookRun extends UniquenessOptions {
  readonly job: string;
  readonly payload: unknown;
  readonly delayMs?: number;
  readonly priority?: number;
  readonly key?: string;
}

/**
 * The run that a verified delivery asks for, or why there is nothing to do. Throws `hook.body`, `hook.mapping`, and
 * `hook.job_missing` where `hasJob` knows nothing of the job.
 */
export function decide(
  hook: Hook,
  delivery: HookDelivery,
  hasJob: (name: string) => boolean,
): HookRun | { readonly nothing: string } {
  const { event } = delivery;
  const trigger = triggerFor(hook, event);
  if (!trigger) return { nothing: `no mapping for ${event}` };
  const mapped = map(hook, trigger, delivery);
  if ('nothing' in mapped) return mapped;
  const { job } = trigger;
  if (!hasJob(job)) throw new Failure('hook.job_missing', { hook: hook.name, job, event });
  const { payload, delay, ...options } = mapped;
  return {
    job,
    payload,
    ...options,
    ...(delay !== undefined && { delayMs: durationMs(delay) }),
  };
}

function triggerFor({ on }: Hook, event: string): Trigger | undefined {
  return Object.hasOwn(on, event) ? on[event] : on['*'];
}

function map({ name: hook }: Hook, trigger: Trigger, delivery: HookDelivery): Mapped {
  const { event } = delivery;
  const parsed = trigger.body.safeParse(delivery.body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.length > 0 ? path.join('.') : 'the whole'}: ${message}`,
    );
    throw new Failure('hook.body', { hook, event, faults: faults.slice(0, 10).join('; ') });
  }
  try {
    return trigger.map({ ...delivery, body: parsed.data });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure('hook.mapping', { hook, event, reason }, error);
  }
}
