import { type Config, readConfig } from '../../config/index.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob } from '../core/job.ts';
import { stopOnSignals } from '../operations/index.ts';
import { startAnswers } from './answers.ts';
import type { ProcessKind } from './kinds.ts';
import { openWatch, type Watch } from './readiness.ts';
import { openSystem, type System } from './system.ts';

/**
 * The main function of a process of this kind, until a signal; `jobs` are those of the installation when left
 * out. An expected failure of the start is one sentence and a status, not a stack trace.
 */
export async function runProcess(kind: ProcessKind, jobs?: readonly AnyJob[]): Promise<void> {
  try {
    await startProcess(kind, { config: readConfig(), ...(jobs && { jobs }) });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`nightshift: ${error.message}\n`);
    process.exitCode = error.kind === 'invalid' ? 2 : 1;
  }
}

export interface ProcessOptions {
  readonly config: Config;
  readonly jobs?: readonly AnyJob[];
}

/** Starts a process of this kind and returns when it is up; a signal stops it and ends it with status 0. */
export async function startProcess(
  kind: ProcessKind,
  { config, jobs }: ProcessOptions,
): Promise<void> {
  if (config.footprint === 'embedded' && kind.name !== 'all')
    throw new Failure('process.embedded', { kind: kind.name });
  const opening = openSystem(config, jobs);
  let watch: Watch | undefined;
  let stopping = false;
  // From the first moment on, so that what has begun to run is given back even when the rest never starts.
  stopOnSignals(async (signal) => {
    stopping = true;
    watch?.stopping();
    const system = await opening.catch(() => undefined);
    if (!system) return;
    system.log.info(`${signal}: running jobs may finish; once more stops at once`);
    await system.close();
    system.log.info('stopped');
  });
  const system = await opening;
  try {
    watch = openWatch(system, kind);
    await startParts(system, kind, watch);
  } catch (error) {
    if (stopping) return;
    await system.close();
    throw error;
  }
}

async function startParts(system: System, kind: ProcessKind, watch: Watch): Promise<void> {
  const { config, log } = system;
  for (const { message } of config.warnings) log.warn(message);
  // A promise that a handler forgot must not end the process, and everybody's runs with it.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  const url = await startAnswers(system, kind, watch);
  for (const share of kind.does) watch.started(share.name, await share.start(system));
  log.info({ process: kind.name, footprint: config.footprint, url }, 'nightshift is up');
}
