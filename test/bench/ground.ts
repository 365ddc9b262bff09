import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { removeKeys } from '../support/redis-server.ts';
import type { Settings } from './contestants.ts';

const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** What a part of the bench works on: a database, a prefix on Redis and a folder of its own, gone with `stack`. */
export async function openGround(stack: AsyncDisposableStack): Promise<Settings> {
  const prefix = `bench_${randomBytes(4).toString('hex')}`;
  await onServer(`create database ${prefix}`);
  stack.defer(() => onServer(`drop database ${prefix} with (force)`));
  stack.defer(() => removeKeys(redisUrl, prefix));
  const { path } = stack.use(await temporaryFolder());
  const url = new URL(serverUrl);
  url.pathname = `/${prefix}`;
  return {
    databaseUrl: url.href,
    redisUrl,
    prefix,
    folder: join(path, 'data'),
    concurrency: 1,
    batch: 1,
    keepRows: false,
  };
}

/** Opens the database of a ground by its URL, for what is measured with ten connections. */
export function openGroundDatabase(url: string): Promise<Database> {
  return openDatabase({ kind: 'postgres', url, connections: 10, carriesQueues: false });
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
