import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommand, unset } from '../support/command.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import type { Settings } from './contestants.ts';

/** Brings the schema up, as a release does. */
export async function migrate(ground: Settings): Promise<void> {
  const { status, errors } = await runCommand(['migrate', 'up'], { env: environmentOf(ground) });
  if (status !== 0) throw new Error(`migrate up ended with ${status}: ${errors}`);
}

const workers = join(import.meta.dirname, '../../workers');

/** The file of a worker process: the general pool's, or the one that does everything. */
export const workerFile = existsSync(join(workers, 'general.ts')) ? 'general.ts' : 'all.ts';

export function startWorkerProcess(ground: Settings): TestProcess {
  return startProcess(join(workers, workerFile), [], { env: environmentOf(ground) });
}

/** The environment of a real process of the product on this ground. */
export function environmentOf({ databaseUrl, redisUrl, prefix }: Settings) {
  return {
    ...unset,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    NIGHTSHIFT_PREFIX: prefix,
  };
}

/** Resident megabytes of a process. */
export async function residentMb(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}
