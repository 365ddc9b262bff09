import type { Config } from '../../config/index.ts';
import { jobs } from '../../jobs/index.ts';
import { openMailboxes } from '../connectors/mailbox/index.ts';
import type { Database } from '../db/index.ts';
import { openDocuments } from '../documents/index.ts';
import { buildServer, type Server } from '../http/index.ts';
import { markAllStopped, openLedger } from '../ledger/index.ts';
import { openQueues, type Queues } from '../queue/index.ts';
import {
  type Announcements,
  type Catalogue,
  type Enqueuer,
  openAnnouncements,
  openCatalogue,
  openEnqueuer,
  type Providers,
  startWorker,
  type Worker,
} from '../runtime/index.ts';
import { openDatabaseOf, prepareSchema } from './database.ts';
import { type Log, openLog } from './log.ts';
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
  readonly server: Server;
  /** Begins to run jobs in this process; on close they get `graceMs` to finish. */
  startWorker(graceMs?: number): Promise<Worker>;
  /** Calls `close` before what is open now is closed. */
  onClose(close: () => Promise<void>): void;
  /** Twice is fine. */
  close(): Promise<void>;
}

/** Opens database, queues and API; on the embedded footprint the API answers on the socket in the data folder. */
export async function openSystem(config: Config): Promise<System> {
  const log = openLog(config.log);
  const closers: (() => Promise<void>)[] = [];
  const onClose = (close: () => Promise<void>) => void closers.unshift(close);
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    for (const one of closers) await one().catch((error: unknown) => log.error({ err: error }));
  }
  try {
    const parts = await openParts({ config, log, onClose });
    return { config, log, ...parts, onClose, close: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opening {
  readonly config: Config;
  readonly log: Log;
  onClose(close: () => Promise<void>): void;
}

async function openParts({ config, log, onClose }: Opening) {
  const onError = (error: unknown) => log.error({ err: error });
  const database = await openDatabaseOf(config);
  onClose(() => database.close());
  await prepareSchema(config, database);
  if (config.footprint === 'embedded') await markAllStopped(database);
  const queues = await openQueues({ database, ...config.queue, onError });
  onClose(() => queues.close());
  for (const warning of queues.warnings) log.warn(warning);
  const ledger = openLedger(database, { detectionMs: config.runtime.detectionMs });
  const now = () => new Date();
  const catalogue = openCatalogue(jobs, config.runtime);
  const enqueuer = openEnqueuer({ catalogue, ledger, queues, now });
  const announcements = openAnnouncements();
  const { detectionMs } = config.runtime;
  const server = buildServer({ database, queues, catalogue, enqueuer, detectionMs }, onError);
  onClose(() => server.close());
  if (config.footprint === 'embedded') onClose(await listenOnSocket(server, config));

  const services = {
    ledger,
    queues,
    catalogue,
    announcements,
    providers: providersOf(config),
    now,
    random: Math.random,
  };
  return {
    database,
    queues,
    catalogue,
    enqueuer,
    announcements,
    server,
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

/** How this installation meets the needs of its jobs. */
function providersOf(config: Config): Providers {
  const mailboxes = openMailboxes({ named: config.mailboxes });
  return {
    mailbox: () => mailboxes,
    documents: ({ sql, run }) => openDocuments(sql, { runId: run }),
    database: ({ sql }) => sql,
  };
}
