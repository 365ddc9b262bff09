import type { PGlite, Transaction } from '@electric-sql/pglite';
import { Failure } from '../core/errors.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { openGate } from './gate.ts';
import { type Engine, startEngine } from './pglite-engine.ts';
import { type DataFolder, folderFailure, isDiskFull, openFolder } from './pglite-folder.ts';
import { columnParser, toParameter } from './values.ts';

type PGliteOptions = Omit<Extract<DatabaseOptions, { kind: 'pglite' }>, 'kind'>;

/** The folder that is none: a database in memory, gone when it is closed. */
const inMemory = 'memory://';

/** Opens PGlite in `folder`, alone; throws a `database.folder_*` failure. */
export async function openPGlite({ folder, snapshot }: PGliteOptions): Promise<Database> {
  if (folder === inMemory) return openOnEngine(await startEngine(folder, folder, snapshot), folder);
  const place = await openFolder(folder);
  try {
    return openOnEngine(await startIn(place), place.path, () => place.release());
  } catch (error) {
    await place.release();
    throw error;
  }
}

async function startIn(place: DataFolder): Promise<Engine> {
  if (place.isNew) {
    await (await startEngine(place.draft, place.path)).close();
    await place.settle();
  }
  return startEngine(place.database, place.path);
}

function openOnEngine(engine: Engine, folder: string, release?: () => Promise<void>): Database {
  const { pglite } = engine;
  const gate = openGate();
  readLikePostgres(pglite);

  const run = <T>(work: () => Promise<T>) =>
    gate.pass(async () => {
      try {
        const result = await work();
        engine.requireAlive();
        return result;
      } catch (error) {
        throw queryFailure(error, folder);
      }
    });

  const query = async (on: Queryable, text: string, values: readonly unknown[] = []) =>
    (await on.query(text, values.map(toParameter), { serializers })).rows as never;

  const sql: TransactionalSql = {
    query: (text, values) => run(() => query(pglite, text, values)),
    transaction: (work) => run(() => pglite.transaction((tx) => work(guardTransaction(tx, query)))),
  };

  return {
    ...sql,
    // There is one session, and everybody takes turns.
    handlers: sql,
    listen: (channel, onNotification) =>
      run(async () => {
        const quoted = `"${channel.replaceAll('"', '""')}"`;
        const own = (payload: string) => onNotification(payload);
        await pglite.listen(quoted, own);
        return async () => {
          if (!pglite.closed) await pglite.unlisten(quoted, own);
        };
      }),
    driver: { kind: 'pglite', pglite },
    close: () =>
      gate.close(async () => {
        await engine.close();
        await release?.();
      }),
  };
}

type Queryable = Pick<Transaction, 'query'>;

/**
 * Makes the instance read every type it knows as Postgres is read here. Not per query: PGlite would copy its
 * 300 parsers for each, which doubles the time of a small query.
 */
function readLikePostgres(pglite: PGlite): void {
  for (const key of Object.keys(pglite.parsers))
    if (/^\d+$/.test(key)) pglite.parsers[key] = columnParser(Number(key));
}

/** PGlite takes bytea as bytes only; Postgres takes its text, too. */
const serializers = {
  17: (value: unknown) =>
    value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value),
};

function guardTransaction(
  tx: Transaction,
  query: (on: Queryable, text: string, values?: readonly unknown[]) => Promise<never>,
): Sql {
  return {
    async query(text, values) {
      if (tx.closed) throw new Failure('transaction.ended', {});
      return query(tx, text, values);
    },
  };
}

function queryFailure(error: unknown, folder: string): unknown {
  if (isDiskFull(error)) return folderFailure(folder, error);
  const message = error instanceof Error ? error.message : '';
  if (message === 'Transaction was rolled back instead of committed')
    return new Failure('database.aborted', {}, error);
  return error;
}
