import type { AnyJob, Pool } from '../../core/job.ts';
import { type Announcement, type Catalogue, startWorker } from '../../runtime/index.ts';
import type { Log } from '../log.ts';
import { childProcessesOf, openProviders } from '../providers.ts';
import type { System } from '../system.ts';

/** Which jobs a worker runs: those named, else those of the pool, else all. */
export interface WorkerChoice {
  readonly jobs?: readonly string[];
  readonly pool?: Pool;
}

/** A worker's share of a process, which says in the log which runs fail. Throws `job.unknown` for a wrong choice. */
export async function startWork(system: System, choice: WorkerChoice) {
  const { log, announcements } = system;
  announcements.subscribe(logFailures(log));
  const worker = await runJobs(system, { choice, graceMs: system.config.runtime.graceMs });
  return () => worker.check();
}

/** Begins to run jobs in this process; when the system closes they get `graceMs` to finish. */
export async function runJobs(
  system: System,
  { choice, graceMs }: { choice: WorkerChoice; graceMs: number },
) {
  const { config, database, catalogue, gates, onError } = system;
  const { concurrency, heartbeatSeconds } = config.runtime;
  const jobs = chooseJobs(catalogue, choice);
  if (jobs.length === 0)
    system.log.warn(choice, 'no job is of this pool, so that this worker has nothing to run');
  const worker = await startWorker({
    services: {
      ...system,
      providers: await openProviders(config),
      children: childProcessesOf(config),
      random: Math.random,
    },
    database,
    jobs,
    concurrency,
    heartbeatSeconds,
    onError,
  });
  system.onClose(() => worker.stop(graceMs));
  await gates.listen();
  return worker;
}

function chooseJobs(catalogue: Catalogue, { jobs, pool }: WorkerChoice): readonly AnyJob[] {
  if (jobs) return jobs.map((name) => catalogue.find(name));
  return catalogue.jobs.filter((job) => pool === undefined || job.pool === pool);
}

/** A run that fails is worth a line; one that succeeds is not. */
function logFailures(log: Log): (announcement: Announcement) => void {
  return (announcement) => {
    if (announcement.kind !== 'ended' || !('error' in announcement.outcome)) return;
    const { run, job, attempt, outcome } = announcement;
    if ('why' in outcome && outcome.why === 'waiting') return;
    log.warn({ run, job, attempt, state: outcome.state }, outcome.error.message);
  };
}
