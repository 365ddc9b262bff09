import type { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { formatBytes } from '../core/size.ts';
import { suggest } from '../core/suggest.ts';
import { type StoredPayload, upgradePayload } from '../core/upgrade.ts';

/** The jobs of this installation, by name. */
export interface Catalogue {
  readonly jobs: readonly AnyJob[];
  /** Bytes of JSON that a payload may have. */
  readonly payloadLimit: number;
  has(name: string): boolean;
  /** The job, or a `job.unknown` failure with the closest name. */
  find(name: string): AnyJob;
  /** Runs of the job that may share a delivery; 1 of one that is not known. */
  bundleOf(name: string): number;
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
    bundleOf: (name) => byName.get(name)?.bundle.max ?? 1,
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
  return checkStored(job, { payload, version: 0 }, limit);
}

/**
 * A payload that was stored before, as it is stored: `checkPayload` for its own version. One of a newer version
 * than this code has is left to newer code. Throws `payload.outdated` and `payload.not_upgraded`, too.
 */
export function checkStored(
  job: AnyJob,
  { payload, version }: StoredPayload,
  limit: number,
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
  if (version <= job.version) readPayload(job, { payload: stored, version });
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

/** The payload of a run as the handler gets it: brought to the job's version, and parsed. */
export function readPayload(job: AnyJob, stored: StoredPayload): unknown {
  return parsePayload(job, upgradePayload(job, stored));
}

/** The payload with its defaults filled in; `payload.invalid` names every fault. */
function parsePayload(job: AnyJob, payload: unknown): unknown {
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

export function faultsOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'the whole'}: ${message}`)
    .join('; ');
}
