import type { Config } from '../../config/index.ts';
import { jobs } from '../../jobs/index.ts';
import { openFolderArchive } from '../connectors/archive-fs/index.ts';
import type { Database } from '../db/index.ts';
import { buildServer, type Server } from '../http/index.ts';
import { enterInstallation, markAllStopped, openLedger } from '../ledger/index.ts';
import { openQueues, type Queues } from '../queue/index.ts';
import {
  type Announcements,
  type Artifacts,
  type Catalogue,
  type Enqueuer,
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  startWorker,
  type Worker,
} from '../runtime/index.ts';
import { openDatabaseOf, prepareSchema } from './database.ts';
import { type Faults, openFaults } from './faults.ts';
import { type Log, openLog } from './log.ts';
import { childProcessesOf, openProviders } from './providers.ts';
import { listenOnSocket } from './socket.ts';

/** One process's view of the installation: everything is opened once and closed in the opposite order. */
export interface System {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly queues: Queues;
  readonly catalogue: Catalogue;
  readonly enqueuer: Enqueuer;
  readonly announcements: Announcements;
  readonly artifacts: Artifacts;
  readonly server: Server;
  /** Writes to the log what nobody waits for. */
  onError(error: unknown): void;
  /** Begins to run jobs in this process; on close they get `graceMs` to finish. */
  startWorker(graceMs?: number): Promise<Worker>;
  /** Calls `close` before what is open now is closed. */
  onClose(close: () => Promise<void>): void;
  /** Twice is fine. */
  close(): Promise<void>;
}

/** Opens database, queues and API; on the embedded footprint the API answers on the socket in the data folder. */
export async function openSystem(config: Config): Promise<System> {
  const log = await openLog(config.log);
  const closers: (() => Promise<void>)[] = [];
  const onClose = (close: () => Promise<void>) => void closers.unshift(close);
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    for (const one of closers) await one().catch((error: unknown) => log.error({ err: error }));
  }
  try {
    const parts = await openParts({ config, log, faults: openFaults(log), onClose });
    return { config, log, ...parts, onClose, close: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opening {
  readonly config: Config;
  readonly log: Log;
  readonly faults: Faults;
  onClose(close: () => Promise<void>): void;
}

async function openParts({ config, faults, onClose }: Opening) {
  const { onError } = faults;
  const database = await openDatabaseOf(config, faults.onAvailability);
  onClose(() => database.close());
  await prepareSchema(config, database);
  if (config.footprint === 'embedded') await markAllStopped(database);
  const installation = await enterInstallation(database, {
    prefix: config.queue.prefix,
    detectionMs: config.runtime.detectionMs,
  });
  const queues = await openQueues({ database, installation, ...config.queue, ...faults });
  onClose(() => queues.close());
  const ledger = openLedger(database, { detectionMs: config.runtime.detectionMs });
  const now = () => new Date();
  const catalogue = openCatalogue(jobs, config.runtime);
  const enqueuer = openEnqueuer({ catalogue, ledger, queues });
  const announcements = openAnnouncements();
  const archive = openFolderArchive(config.archive);
  const artifacts = openArtifacts({ archive, ...config.runtime });
  const { detectionMs } = config.runtime;
  const server = buildServer(
    { database, queues, catalogue, enqueuer, artifacts, detectionMs },
    onError,
  );
  onClose(() => server.close());
  if (config.footprint === 'embedded') onClose(await listenOnSocket(server, config));

  const services = {
    ledger,
    queues,
    catalogue,
    announcements,
    artifacts,
    providers: await openProviders(config),
    children: childProcessesOf(config),
    now,
    random: Math.random,
  };
  return {
    database,
    queues,
    catalogue,
    enqueuer,
    announcements,
    artifacts,
    server,
    onError,
    async startWorker(graceMs: number = config.runtime.graceMs) {
      const { concurrency, heartbeatSeconds } = config.runtime;
      const worker = await startWorker({
        services,
        database,
        jobs: catalogue.jobs,
        concurrency,
        heartbeatSeconds,
        onError,
      });
      onClose(() => worker.stop(graceMs));
      return worker;
    },
  };
}
