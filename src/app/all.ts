import { readConfig, schedulesOf } from '../../config/index.ts';
import { openControl } from '../control/index.ts';
import type { Duty } from '../core/duty.ts';
import { ensurePartitions, forgetWorkers, retireRuns } from '../ledger/index.ts';
import { stopOnSignals } from '../operations/index.ts';
import {
  type Announcement,
  artifactDuty,
  bulkDuty,
  expiryDuty,
  keepSchedules,
  openRelay,
  rescueDuty,
  scheduleTimers,
  unknownJobsDuty,
} from '../runtime/index.ts';
import type { Log } from './log.ts';
import { openSystem, type System } from './system.ts';

/** Workers, schedules and the socket in one process, until a signal. */
export async function runAll(config = readConfig()): Promise<void> {
  const system = await openSystem(config);
  try {
    await startAll(system);
  } catch (error) {
    await system.close();
    throw error;
  }
  // A promise that a handler forgot must not end the process, and everybody's runs with it.
  process.on('unhandledRejection', (error) =>
    system.log.error({ err: error }, 'unhandled rejection'),
  );
  stopOnSignals(async (signal) => {
    system.log.info(`${signal}: running jobs may finish; once more stops at once`);
    await system.close();
    system.log.info('stopped');
  });
}

/** Starts relay, worker and control plane on an open system. */
async function startAll(system: System): Promise<void> {
  const { config, log, database, queues, catalogue, announcements, onError } = system;
  const schedules = schedulesOf(config);
  const gardener = await keepSchedules(database, { catalogue, schedules, onError });
  system.onClose(() => gardener.close());
  announcements.subscribe(logFailures(log));
  const worker = await system.startWorker();
  const relay = await openRelay({ database, queues, catalogue, announcements, onError });
  system.onClose(() => relay.close());
  const rescue = rescueOf(system);
  // Whoever has the data folder knows that the workers before it are gone: their runs need not wait for a duty.
  if (config.footprint === 'embedded') await rescue.run();
  const control = await openControl({
    database,
    duties: dutiesOf(system, rescue),
    timers: scheduleTimers({ sql: database, catalogue }),
    onError,
  });
  system.onClose(() => control.close());
  log.info(
    { footprint: config.footprint, worker: worker.id, jobs: catalogue.jobs.length },
    'nightshift is up',
  );
}

/** A run that fails is worth a line; one that succeeds is not. */
function logFailures(log: Log): (announcement: Announcement) => void {
  return (announcement) => {
    if (announcement.kind !== 'ended' || !('error' in announcement.outcome)) return;
    const { run, job, attempt, outcome } = announcement;
    log.warn({ run, job, attempt, state: outcome.state }, outcome.error.message);
  };
}

function rescueOf({ config, database, queues, log }: System) {
  return rescueDuty({
    database,
    queues,
    detectionMs: config.runtime.detectionMs,
    onRescued: (rescued) => log.warn(rescued, 'runs were rescued'),
  });
}

function dutiesOf(system: System, rescue: Duty): Duty[] {
  const { config, database, queues, catalogue, announcements, artifacts } = system;
  const { detectionMs, unknownJobMs, keepRunsMs } = config.runtime;
  const retention = { keepMs: keepRunsMs, shared: database.driver.kind === 'postgres' };
  return [
    rescue,
    expiryDuty(database),
    unknownJobsDuty({ database, queues, catalogue, announcements, detectionMs, unknownJobMs }),
    {
      name: 'partitions',
      periodSeconds: 3600,
      run: async () => ({ created: await ensurePartitions(database) }),
    },
    { name: 'retention', periodSeconds: 3600, run: () => retireRuns(database, retention) },
    bulkDuty({ database, queues }),
    artifactDuty({ database, artifacts }),
    { name: 'workers', periodSeconds: 3600, run: () => forgetWorkers(database) },
  ];
}
