import type { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { formatBytes } from '../core/size.ts';
import { suggest } from '../core/suggest.ts';

/** The jobs of this installation, by name. */
export interface Catalogue {
  readonly jobs: readonly AnyJob[];
  /** Bytes of JSON that a payload may have. */
  readonly payloadLimit: number;
  has(name: string): boolean;
  /** The job, or a `job.unknown` failure with the closest name. */
  find(name: string): AnyJob;
}

/** Without `payloadLimit` a payload may be of any size. */
export function openCatalogue(
  jobs: readonly AnyJob[],
  { payloadLimit = Number.POSITIVE_INFINITY }: { readonly payloadLimit?: number } = {},
): Catalogue {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  return {
    jobs,
    payloadLimit,
    has: (name) => byName.has(name),
    find(name) {
      const job = byName.get(name);
      if (job) return job;
      throw unknownJob(name, jobs);
    },
  };
}

/** The failure that there is no job of this name, with the closest of `jobs`. */
export function unknownJob(name: string, jobs: readonly AnyJob[]): Failure<'job.unknown'> {
  const names = jobs.map((job) => job.name);
  return new Failure('job.unknown', { job: name, suggestion: suggest(name, names) || '.' });
}

/**
 * The payload as it is stored: plain JSON of at most `limit` bytes that the job's schema takes. Throws
 * `payload.too_large`, or `payload.invalid` with every fault.
 */
export function checkPayload(
  job: AnyJob,
  payload: unknown,
  limit = Number.POSITIVE_INFINITY,
): unknown {
  const text = asText(job, payload);
  const size = Buffer.byteLength(text);
  if (size > limit)
    throw new Failure('payload.too_large', {
      job: job.name,
      size: formatBytes(size),
      limit: formatBytes(limit),
    });
  const stored: unknown = JSON.parse(text);
  parsePayload(job, stored);
  return stored;
}

function asText(job: AnyJob, payload: unknown): string {
  let reason = 'it is a function or a symbol';
  try {
    const text = JSON.stringify(payload ?? null) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    reason = (error as Error).message.split('\n')[0]!;
  }
  throw new Failure('payload.invalid', {
    job: job.name,
    faults: `the whole: no JSON can say it (${reason})`,
  });
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
