import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { isGated, longestKey } from '../core/limits.ts';
import { textOf } from '../core/outcome.ts';
import type { StoredPayload } from '../core/upgrade.ts';
import { readPayload } from './catalogue.ts';

/**
 * The key of a run, and whether it waits at a gate: the key that is given, else what the job's function makes of the
 * payload. Throws `run.key` for a bad one, and `run.key_failed` when the function throws or answers none.
 */
export function placeRun(
  job: AnyJob,
  stored: StoredPayload,
  given?: string,
): { readonly key?: string; readonly gate?: { readonly limited: boolean } } {
  const key = given === undefined ? findKey(job, stored) : checkKey(given);
  return {
    ...(key !== undefined && { key }),
    ...(isGated(job) && { gate: { limited: job.maxQueued !== undefined } }),
  };
}

function checkKey(key: string): string {
  const fault = faultOf(key);
  if (fault === undefined) return key;
  const shown = JSON.stringify(key)?.slice(0, 60) ?? typeof key;
  throw new Failure('run.key', { key: shown, reason: fault, most: longestKey });
}

function findKey(job: AnyJob, stored: StoredPayload): string | undefined {
  if (!job.key) return undefined;
  let key: unknown;
  try {
    key = job.key(readPayload(job, stored));
  } catch (error) {
    const said = error instanceof Error ? error.message : textOf(error);
    throw new Failure('run.key_failed', { job: job.name, reason: `threw "${said}"` }, error);
  }
  const fault = faultOf(key);
  if (fault !== undefined)
    throw new Failure('run.key_failed', { job: job.name, reason: `answers a key that ${fault}` });
  return key as string;
}

function faultOf(key: unknown): string | undefined {
  if (typeof key !== 'string') return `is no text but ${key === null ? 'null' : typeof key}`;
  if (key === '') return 'is empty';
  return key.length > longestKey ? `has ${key.length} characters` : undefined;
}
