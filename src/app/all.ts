import { readConfig, schedulesOf } from '../../config/index.ts';
import { openControl } from '../control/index.ts';
import type { Duty } from '../core/duty.ts';
import { ensurePartitions, forgetWorkers } from '../ledger/index.ts';
import { stopOnSignals } from '../operations/index.ts';
import {
  type Announcement,
  expiryDuty,
  openRelay,
  plantSchedules,
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
  const { config, log, database, queues, catalogue, announcements } = system;
  const onError = (error: unknown) => log.error({ err: error });
  const now = () => new Date();
  await plantSchedules(database, { catalogue, schedules: schedulesOf(config), now: now() });
  announcements.subscribe(logFailures(log));
  const worker = await system.startWorker();
  const relay = await openRelay({ database, queues, catalogue, announcements, onError });
  system.onClose(() => relay.close());
  const control = await openControl({
    database,
    duties: dutiesOf(system),
    timers: scheduleTimers({ sql: database, catalogue, now }),
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

function dutiesOf({ config, database, queues, catalogue, announcements, log }: System): Duty[] {
  const { detectionMs, unknownJobMs } = config.runtime;
  return [
    rescueDuty({
      database,
      queues,
      detectionMs,
      onRescued: (rescued) => log.warn(rescued, 'runs were rescued'),
    }),
    expiryDuty(database),
    unknownJobsDuty({ database, queues, catalogue, announcements, detectionMs, unknownJobMs }),
    { name: 'partitions', periodSeconds: 3600, run: () => ensurePartitions(database) },
    { name: 'workers', periodSeconds: 3600, run: () => forgetWorkers(database) },
  ];
}
