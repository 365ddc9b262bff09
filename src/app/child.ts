import { existsSync } from 'node:fs';
import type { AnyJob } from '../core/job.ts';
import { openCatalogue, serveAttempt } from '../runtime/child.ts';
import { openProviders } from './providers.ts';

/** One attempt of a job with `isolation: 'process'`, in the process that a worker has started for it. */
export function runAttempt(): void {
  serveAttempt({ findJob, openProviders });
}

/** Looks first where the job's folder should be: other jobs, and what they import, are not loaded then. */
async function findJob(name: string): Promise<AnyJob> {
  const own = new URL(`../../jobs/${name}/index.ts`, import.meta.url);
  const exported = existsSync(own) ? Object.values<unknown>(await import(own.href)) : [];
  const job = exported.find((value) => (value as Partial<AnyJob> | null)?.name === name);
  if (job) return job as AnyJob;
  const { jobs } = await import('../../jobs/index.ts');
  return openCatalogue(jobs).find(name);
}
