import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { auditMigrations } from '../../src/audit/index.ts';
import { type DatabaseOptions, openDatabase, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startPostgresServer } from '../support/postgres-server.ts';
import { startRedisServer } from '../support/redis-server.ts';
import type { TestServer } from '../support/server.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { chaosMigrations } from './history.ts';

export const chaosFootprints = ['embedded', 'postgres', 'cluster'] as const;

export type ChaosFootprint = (typeof chaosFootprints)[number];

/** Where a scenario runs: the servers are its own, and everything goes when it is disposed. */
export interface ChaosPlace extends AsyncDisposable {
  readonly footprint: ChaosFootprint;
  /** The database itself, past every network. */
  readonly database: DatabaseOptions;
  readonly postgres?: TestServer;
  readonly redis?: TestServer;
  /** The journals of all processes. */
  readonly journals: string;
  /** A new way to the servers, for one process alone. */
  openLink(): Promise<Link>;
}

/** The network between one process and the servers. */
export interface Link {
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  readonly toPostgres?: TcpProxy;
  readonly toRedis?: TcpProxy;
}

/** Opens a new database with the ledger and its history, on servers that the footprint needs. */
export async function openPlace(footprint: ChaosFootprint): Promise<ChaosPlace> {
  await using opening = new AsyncDisposableStack();
  const { path } = opening.use(await temporaryFolder());
  const journals = join(path, 'journals');
  mkdirSync(journals);
  const postgres =
    footprint === 'embedded'
      ? undefined
      : opening.use(await startPostgresServer({ maxConnections: 300 }));
  const redis =
    footprint === 'cluster'
      ? opening.use(await startRedisServer({ appendOnly: true, fsync: 'everysec' }))
      : undefined;
  const database: DatabaseOptions = postgres
    ? { kind: 'postgres', url: postgres.url, connections: 8 }
    : { kind: 'pglite', folder: join(path, 'data') };
  await migrate(database);
  const opened = opening.move();
  return {
    footprint,
    database,
    ...(postgres && { postgres }),
    ...(redis && { redis }),
    journals,
    async openLink() {
      if (!postgres || database.kind !== 'postgres') return { database };
      const toPostgres = opened.use(await openTcpProxy({ url: postgres.url }));
      const toRedis = redis && opened.use(await openTcpProxy({ url: redis.url }));
      return {
        database: { ...database, url: toPostgres.route(database.url) },
        toPostgres,
        ...(redis && toRedis && { toRedis, redisUrl: toRedis.route(redis.url) }),
      };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function migrate(options: DatabaseOptions): Promise<void> {
  const database = await openDatabase(options);
  try {
    const all = { ...ledgerMigrations, ...auditMigrations, ...chaosMigrations };
    await openMigrations(database, all).up();
  } finally {
    await database.close();
  }
}
