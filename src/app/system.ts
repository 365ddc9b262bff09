import type { Config } from '../../config/index.ts';
import { jobs as ourJobs } from '../../jobs/index.ts';
import { type Auth, openAuth } from '../auth/index.ts';
import { openFolderArchive } from '../connectors/archive-fs/index.ts';
import { openCalendars } from '../connectors/calendar/index.ts';
import type { Calendars } from '../core/calendar.ts';
import type { AnyJob } from '../core/job.ts';
import { collectRoles } from '../core/roles.ts';
import type { Database } from '../db/index.ts';
import {
  enterInstallation,
  type Ledger,
  markAllStopped,
  openLedger,
  plantGates,
} from '../ledger/index.ts';
import { openQueues, type Queues } from '../queue/index.ts';
import {
  type Announcements,
  type Artifacts,
  type Catalogue,
  type Enqueuer,
  type Gates,
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  openGates,
} from '../runtime/index.ts';
import { type Auditing, openAuditing } from './audit.ts';
import { openDatabaseOf, prepareSchema } from './database.ts';
import { type Faults, openFaults } from './faults.ts';
import { type Log, openLog } from './log.ts';
import { type LogScope, openLogScope } from './log-scope.ts';
import { openTraces, type Tracer, traceEnqueuer } from './traces.ts';

/** One process's view of the installation: everything is opened once and closed in the opposite order. */
export interface System {
  readonly config: Config;
  readonly log: Log;
  /** What lines say of the request that they are written for; whoever learns who made it adds the actor. */
  readonly logScope: LogScope;
  readonly database: Database;
  readonly auth: Auth;
  readonly auditing: Auditing;
  readonly queues: Queues;
  readonly ledger: Ledger;
  readonly catalogue: Catalogue;
  readonly enqueuer: Enqueuer;
  readonly gates: Gates;
  readonly announcements: Announcements;
  readonly artifacts: Artifacts;
  readonly calendars: Calendars;
  /** Undefined where no collector is set. */
  readonly tracer: Tracer | undefined;
  now(): Date;
  /** Writes to the log what nobody waits for, and which run it is about. */
  onError(error: unknown, about?: object): void;
  /** Calls `close` before what is open now is closed; at once when that has happened. */
  onClose(close: () => Promise<void>): void;
  /** Twice is fine. */
  close(): Promise<void>;
}

/** Opens database and queues of the installation, with `jobs` as its jobs. */
export async function openSystem(
  config: Config,
  jobs: readonly AnyJob[] = ourJobs,
): Promise<System> {
  const logScope = openLogScope();
  const log = await openLog(config.log, logScope);
  const faults = openFaults(log);
  const closing = openClosing(faults.onError);
  try {
    const parts = await openParts({ config, jobs, faults, logScope, onClose: closing.onClose });
    return { config, log, logScope, onError: faults.onError, ...parts, ...closing };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

/** What is to be closed, the last opened first. What is opened while it closes is closed, too. */
function openClosing(onError: (error: unknown) => void): Pick<System, 'onClose' | 'close'> {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  let closed = false;
  async function closeAll(): Promise<void> {
    for (let next = closers.shift(); next; next = closers.shift()) await next().catch(onError);
    closed = true;
  }
  return {
    onClose: (close) => void (closed ? close().catch(onError) : closers.unshift(close)),
    close: () => (closing ??= closeAll()),
  };
}

interface Opening extends Pick<System, 'config' | 'onClose' | 'logScope'> {
  readonly faults: Faults;
  readonly jobs: readonly AnyJob[];
}

async function openParts({ config, jobs, faults, logScope, onClose }: Opening) {
  const database = await openDatabaseOf(config, faults.onAvailability);
  onClose(() => database.close());
  await prepareSchema(config, database);
  const roles = collectRoles(config.roles);
  const auth = openAuth({ database, roles, ...config.auth, ...faults });
  onClose(() => auth.close());
  const auditing = await openAuditing(config, database, faults);
  onClose(() => auditing.audit.close());
  if (config.footprint === 'embedded') await markAllStopped(database);
  const installation = await enterInstallation(database, {
    prefix: config.queue.prefix,
    detectionMs: config.runtime.detectionMs,
  });
  const queues = await openQueues({ database, installation, ...config.queue, ...faults });
  onClose(() => queues.close());
  const announcements = openAnnouncements();
  const ledger = openLedger(database, {
    detectionMs: config.runtime.detectionMs,
    onCommit: (commit) => announcements.announce({ kind: 'committed', ...commit }),
  });
  const now = () => new Date();
  const catalogue = openCatalogue(jobs, config.runtime);
  const artifacts = openArtifacts({
    archive: openFolderArchive(config.archive),
    ...config.runtime,
  });
  await plantGates(database, jobs);
  const gates = openGates({ database, queues, catalogue, announcements, onError: faults.onError });
  onClose(() => gates.close());
  const calendars = openCalendars(faults);
  const tracer = await openTraces({ config, announcements, onError: faults.onError }, onClose);
  const plain = openEnqueuer({ catalogue, ledger, queues, gates });
  const enqueuer = tracer ? traceEnqueuer(plain, tracer, logScope) : plain;
  return {
    database,
    auth,
    auditing,
    queues,
    ledger,
    catalogue,
    enqueuer,
    gates,
    announcements,
    artifacts,
    calendars,
    tracer,
    now,
  };
}
