import type { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { suggest } from '../core/suggest.ts';

/** The jobs of this installation, by name. */
export interface Catalogue {
  readonly jobs: readonly AnyJob[];
  /** The job, or a `job.unknown` failure with the closest name. */
  find(name: string): AnyJob;
}

export function openCatalogue(jobs: readonly AnyJob[]): Catalogue {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  return {
    jobs,
    find(name) {
      const job = byName.get(name);
      if (job) return job;
      throw new Failure('job.unknown', {
        job: name,
        suggestion: suggest(name, byName.keys()) || '.',
      });
    },
  };
}

/** The payload as it is stored: plain JSON that the job's schema takes. `payload.invalid` names every fault. */
export function checkPayload(job: AnyJob, payload: unknown): unknown {
  const stored: unknown = JSON.parse(JSON.stringify(payload ?? null));
  parsePayload(job, stored);
  return stored;
}

/** The payload as the handler gets it, defaults filled in; `payload.invalid` names every fault. */
export function parsePayload(job: AnyJob, payload: unknown): unknown {
  const parsed = job.payload.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new Failure('payload.invalid', { job: job.name, faults: faultsOf(parsed.error) });
}

/** The result as its schema gives it; `result.invalid` names every fault. */
export function parseResult(job: AnyJob, result: unknown): unknown {
  const parsed = job.result.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new Failure('result.invalid', { job: job.name, faults: faultsOf(parsed.error) });
}

function faultsOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'the whole'}: ${message}`)
    .join('; ');
}
