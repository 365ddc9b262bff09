import { z } from 'zod';
import { type AnyJob, defineJob } from '../../src/core/job.ts';

/** A job whose handler is `run`, with a payload of anything and one attempt unless `retry` says more. */
export function jobOf(name: string, run: AnyJob['run'], options: Partial<AnyJob> = {}): AnyJob {
  return defineJob({
    name,
    summary: 'A job of a test.',
    payload: z.unknown(),
    result: z.unknown(),
    retry: { attempts: 1 },
    run,
    ...options,
  }) as AnyJob;
}
