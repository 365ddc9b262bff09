// One process of the load, of its kind, until it is killed. Started by fleet.ts.
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCalendars } from '../../src/connectors/calendar/index.ts';
import { openControl } from '../../src/control/index.ts';
import type { Sql } from '../../src/core/sql.ts';
import { type DatabaseOptions, openDatabase } from '../../src/db/index.ts';
import { markAllStopped, openLedger, plantGates } from '../../src/ledger/index.ts';
import { openQueues } from '../../src/queue/index.ts';
import {
  expiryDuty,
  gatesDuty,
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  openGates,
  openRelay,
  openWaker,
  plantSchedules,
  rescueDuty,
  scheduleTimers,
  startWorker,
  wakesDuty,
} from '../../src/runtime/index.ts';
import { openMemoryArchive } from '../../src/testing/memory-archive.ts';
import { openAcceptor } from './accepting.ts';
import type { ChildSetup } from './child.ts';
import { openSpoiltClock } from './clock.ts';
import { obey } from './commands.ts';
import { openForeignProgram } from './foreign.ts';
import { countUnfinished, recordPulse } from './history.ts';
import { chaosJobs, type Mix, takesAWhile } from './jobs.ts';
import { openJournal } from './journal.ts';
import { startPausing } from './pausing.ts';
import { startProducer } from './producer.ts';
import { includesRole, type Role } from './role.ts';
import { chaosSchedules } from './schedules.ts';

/** How a node is started: as JSON in its one argument. */
export interface NodeOptions {
  readonly role: Role;
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  readonly journal: string;
  readonly seed: number;
  /** Runs that must have been accepted before it may finish. */
  readonly runs: number;
  readonly mix: Mix;
  readonly everyMs: number;
  readonly detectionMs: number;
}

const options = JSON.parse(process.argv[2]!) as NodeOptions;
const { redisUrl, detectionMs, role } = options;
const clock = openSpoiltClock();
const { tell } = openJournal(options.journal);
const now = () => new Date();
const onError = (error: unknown) => console.error(error);
process.on('unhandledRejection', onError);

const database = await openDatabase(options.database);
if (options.database.kind === 'pglite') await markAllStopped(database);
const queues = await openQueues({
  database,
  prefix: 'chaos',
  onError,
  ...(redisUrl && { redisUrl }),
});
const ledger = openLedger(database, { detectionMs });
const jobs = chaosJobs({
  tell,
  enqueue: (payload, tx) => enqueuer.enqueue('quick', payload, { tx }),
});
const catalogue = openCatalogue(jobs);
await plantGates(database, jobs);
const announcements = openAnnouncements();
const gates = openGates({ database, queues, catalogue, announcements, onError });
if (role !== 'web') await gates.listen();
const enqueuer = openEnqueuer({ catalogue, ledger, queues, gates });
const scheduled = { database, queues, catalogue, onError, calendars: openCalendars({ onError }) };
const worker = includesRole(role, 'worker') ? await beginWork() : undefined;
if (includesRole(role, 'control')) await beginControl();
const foreign = redisUrl === undefined ? undefined : openForeignProgram(redisUrl, 'chaos');
const meddling = { tell, sql: database, queues, catalogue };
const producer = includesRole(role, 'web')
  ? startProducer({ ...options, ...meddling, acceptor: openAcceptor(database, enqueuer, foreign) })
  : undefined;
const pausing = producer && startPausing(meddling, options);
const commands = createInterface(process.stdin);
commands.on('line', (line) => obey(line, { clock, finish, ...(producer && { producer }) }));
console.log(`up ${worker?.id ?? ''}`);
flushCompileCache(); // it is killed in the end

async function beginWork() {
  announcements.subscribe((said) => {
    if (said.kind === 'begun' && takesAWhile(said.job)) console.log('busy');
    if (said.kind !== 'ended') return;
    tell({ kind: 'ended', run: said.run, attempt: said.attempt, state: said.outcome.state });
  });
  return startWorker({
    services: {
      ledger,
      queues,
      catalogue,
      announcements,
      artifacts: openArtifacts({ archive: openMemoryArchive() }),
      providers: { database: ({ sql }: { sql: Sql }) => sql },
      children: {
        entry: new URL('child.ts', import.meta.url),
        setup: { journal: options.journal } satisfies ChildSetup,
        mayTransact: database.driver.kind === 'postgres',
      },
      now,
      random: Math.random,
    },
    database,
    jobs,
    concurrency: options.role === 'all' ? 15 : 5,
    heartbeatSeconds: 1,
    onError,
  });
}

async function beginControl(): Promise<void> {
  await plantSchedules(database, { ...scheduled, schedules: chaosSchedules(jobs) });
  await openRelay({ database, queues, catalogue, announcements: openAnnouncements(), onError });
  await openWaker({ database, queues, onError });
  await openControl({
    database,
    duties: [
      rescueDuty({ database, queues, detectionMs }),
      expiryDuty(database),
      wakesDuty({ database, queues }),
      gatesDuty({ database, gates }),
      { name: 'pulse', periodSeconds: 1, run: pulse },
    ],
    timers: scheduleTimers({ ...scheduled, onMissed: () => undefined }),
    onError,
  });
}

/** Long enough that a kill often meets its holder in the middle of it. */
async function pulse(): Promise<void> {
  await recordPulse(database);
  await sleep(400);
}

/** Ends the schedules and the load, and says so once nothing is unfinished. */
async function finish(): Promise<void> {
  if (includesRole(role, 'control'))
    await anyway(() => plantSchedules(database, { ...scheduled, schedules: [] }));
  await Promise.all([producer?.finish(), pausing?.end()]);
  await anyway(async () => {
    while ((worker?.active ?? 0) > 0 || (await countUnfinished(database)) > 0) await sleep(200);
  });
  console.log('drained');
}

/** Servers may be away just now. */
async function anyway(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      onError(error);
      await sleep(500);
    }
  }
}
