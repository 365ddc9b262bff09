import { createPostgresBackend, runMigrations, withBackend } from 'bullmq';
import type pg from 'pg';
import type { Database, PostgresDriver } from '../db/index.ts';
import { alwaysAdmitted } from './admission.ts';
import { type Backend, streams } from './backend.ts';
import { connectPGlite, migratePGlite } from './pglite.ts';
import {
  findDelayed,
  findUnfinished,
  pingDatabase,
  readClock,
  rightStalledChecks,
} from './queries.ts';
import { type Connection, openSharedPool } from './shared-pool.ts';

interface PostgresBackendOptions {
  readonly database: Database;
  readonly prefix: string;
  readonly onError: (error: Error) => void;
}

/** BullMQ asks short questions only: one without an answer for so long was asked of nobody. */
const answerMs = 10_000;

/** Queues in the `bullmq` schema of the ledger's own database, on Postgres or on PGlite. */
export async function openPostgresBackend(options: PostgresBackendOptions): Promise<Backend> {
  const { database, prefix, onError } = options;
  const connection = await openConnection(options);
  const pool = openSharedPool(connection, (channel, hear) => database.listen(channel, hear));
  const { Queue, Worker } = withBackend(createPostgresBackend);
  // BullMQ knows no prefix here, so the queue's name carries it.
  const nameQueue = (job: string) => `${prefix}.${job}`;
  // A notification cannot be lost inside this process; over a network it can, so look more often.
  const drainDelay = database.driver.kind === 'pglite' ? 60 : 5;
  return {
    warnings: [],
    admission: alwaysAdmitted,
    isReachable: () => true,
    openQueue: (job) =>
      new Queue(nameQueue(job), { connection: pool, streams }).on('error', onError),
    openWorker: (job, processor, settings) =>
      new Worker(nameQueue(job), processor, { connection: pool, drainDelay, ...settings }),
    findKnown: (job, deliveries) => findUnfinished(database, nameQueue(job), deliveries),
    findDelayed: (job, deliveries) => findDelayed(database, nameQueue(job), deliveries),
    findCarried: (job, deliveries) => findUnfinished(database, nameQueue(job), deliveries),
    aheadMs: async () => Date.now() - (await readClock(database)),
    rightClocks: () => rightStalledChecks(database, nameQueue('')),
    // The queues are lost with the ledger or not at all.
    readMark: () => Promise.resolve('none'),
    writeMark: () => Promise.resolve(),
    ping: () => pingDatabase(database),
    close: () => pool.end(),
  };
}

/** Brings BullMQ's schema up to date, to the end, before anything else asks for it. */
async function openConnection(options: PostgresBackendOptions): Promise<Connection> {
  const { driver } = options.database;
  if (driver.kind === 'pglite') {
    await migratePGlite(driver.pglite);
    return connectPGlite(driver.pglite);
  }
  await migrate(driver);
  const size = driver.connections.queues;
  const pool = driver.openPool({ size, name: 'queues', searchPath: 'bullmq', answerMs });
  pool.on('error', options.onError);
  return connectPool(pool);
}

/** Over a connection without a limit: a migration may take its time. */
async function migrate(driver: PostgresDriver): Promise<void> {
  const pool = driver.openPool({ size: 1, name: 'migrations', searchPath: 'bullmq' });
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client);
    } finally {
      client.release();
    }
  } catch (error) {
    throw driver.queryFailure(error);
  } finally {
    await pool.end();
  }
}

function connectPool(pool: pg.Pool): Connection {
  return {
    query: (text, params) =>
      pool.query(text, params && [...params]).catch((error: unknown) => {
        throw isAnswer(error) ? error : markLost(error as Error);
      }),
    end: () => pool.end(),
  };
}

/** True when the server judged the query itself, and not that it starts, stops or is full. */
function isAnswer(error: unknown): boolean {
  const { severity, code = '' } = error as { severity?: string; code?: string };
  return severity !== undefined && !/^(08|57P|53300)/.test(code);
}

/** BullMQ's workers pause only before this code; after any other they ask again at once. */
function markLost(error: Error): Error {
  return Object.assign(new Error(error.message, { cause: error }), { code: 'ECONNREFUSED' });
}
