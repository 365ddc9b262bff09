import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type DatabaseOptions, openDatabase, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { postgresAnswers, startPostgresServer } from '../support/postgres-server.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { chaosMigrations } from './history.ts';

export const chaosFootprints = ['embedded', 'postgres', 'cluster'] as const;

export type ChaosFootprint = (typeof chaosFootprints)[number];

/** Where a scenario runs: everything is its own, and goes when it is disposed. */
export interface ChaosPlace extends AsyncDisposable {
  readonly footprint: ChaosFootprint;
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  /** The journals of all processes. */
  readonly journals: string;
}

/** Opens a new database with the ledger and its history, and for the cluster a Redis of its own. */
export async function openPlace(footprint: ChaosFootprint): Promise<ChaosPlace> {
  await using opening = new AsyncDisposableStack();
  const { path } = opening.use(await temporaryFolder());
  const journals = join(path, 'journals');
  mkdirSync(journals);
  const database: DatabaseOptions =
    footprint === 'embedded'
      ? { kind: 'pglite', folder: join(path, 'data') }
      : { kind: 'postgres', url: await createDatabase(opening), connections: 8 };
  const redis = footprint === 'cluster' ? opening.use(await startRedisServer()) : undefined;
  await migrate(database);
  const opened = opening.move();
  return {
    footprint,
    database,
    ...(redis && { redisUrl: redis.url }),
    journals,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const usualServer = 'postgres://postgres@127.0.0.1:5432/postgres';

/** A database on the server of DATABASE_URL, or the usual one, or one of our own. */
async function createDatabase(opening: AsyncDisposableStack): Promise<string> {
  const set = process.env['DATABASE_URL'] ?? usualServer;
  const server = (await postgresAnswers(set)) ? set : opening.use(await startPostgresServer()).url;
  const name = `chaos_${randomBytes(4).toString('hex')}`;
  await query(server, `create database ${name}`);
  opening.defer(() => query(server, `drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function migrate(options: DatabaseOptions): Promise<void> {
  const database = await openDatabase(options);
  try {
    await openMigrations(database, { ...ledgerMigrations, ...chaosMigrations }).up();
  } finally {
    await database.close();
  }
}
