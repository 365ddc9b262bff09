import { createHash, randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import {
  type Database,
  type DatabaseOptions,
  type Migration,
  openDatabase,
  openMigrations,
} from '../../src/db/index.ts';
import { makeOnce, temporaryFolder } from './folder.ts';

export type DatabaseKind = DatabaseOptions['kind'];

/** Both databases, for `describe.each`. */
export const databaseKinds: readonly DatabaseKind[] = ['pglite', 'postgres'];

export type TestMigrations = Readonly<Record<string, Migration>>;

/** A database of a test's own, not open: for what opens it itself, as a child process does. */
export interface TestPlace extends AsyncDisposable {
  readonly options: DatabaseOptions;
  /** The same as the environment of a process. */
  readonly env: Readonly<Record<string, string>>;
}

/** A database of a test's own, open. */
export interface TestDatabase extends TestPlace {
  readonly database: Database;
}

/** Opens a new database with `migrations` applied; disposing closes and drops it. */
export async function openTestDatabase(
  kind: DatabaseKind,
  migrations: TestMigrations = {},
): Promise<TestDatabase> {
  const place = await createTestPlace(kind, migrations);
  const database = await openDatabase(place.options);
  return {
    ...place,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** A new database with `migrations` applied, copied from a template that is made once in a run. */
export function createTestPlace(
  kind: DatabaseKind,
  migrations: TestMigrations = {},
): Promise<TestPlace> {
  return kind === 'pglite' ? createFolder(migrations) : createDatabase(migrations);
}

async function createFolder(migrations: TestMigrations): Promise<TestPlace> {
  const template = await findFolderTemplate(migrations);
  const folder = await temporaryFolder();
  const path = join(folder.path, 'data');
  cpSync(template, path, { recursive: true }); // a fifth of what `cp` takes
  return {
    options: { kind: 'pglite', folder: path },
    env: { NIGHTSHIFT_DATA: path },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function findFolderTemplate(migrations: TestMigrations): Promise<string> {
  if (Object.keys(migrations).length === 0) return inject('emptyFolder');
  return makeOnce(join(inject('templateFolder'), templateName(migrations)), async (draft) => {
    cpSync(inject('emptyFolder'), draft, { recursive: true });
    await migrate({ kind: 'pglite', folder: draft }, migrations);
  });
}

async function createDatabase(migrations: TestMigrations): Promise<TestPlace> {
  const name = `${inject('runId')}_${randomBytes(4).toString('hex')}`;
  const template = `${inject('runId')}_${templateName(migrations)}`;
  await onServer(async (client) => {
    await createDatabaseTemplate(client, template, migrations);
    await client.query(`create database ${name} template ${template}`);
  });
  const url = urlOf(name);
  return {
    options: { kind: 'postgres', url },
    env: { DATABASE_URL: url },
    [Symbol.asyncDispose]: () =>
      onServer(async (client) => void (await client.query(`drop database ${name} with (force)`))),
  };
}

/** One at a time in the server: a template cannot be copied while somebody is connected to it. */
async function createDatabaseTemplate(
  client: pg.Client,
  template: string,
  migrations: TestMigrations,
): Promise<void> {
  await client.query('select pg_advisory_lock(hashtext($1))', [template]);
  const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
  if (rowCount === 0) {
    await client.query(`create database ${template} template template0`);
    await migrate({ kind: 'postgres', url: urlOf(template) }, migrations);
  }
  await client.query('select pg_advisory_unlock(hashtext($1))', [template]);
}

async function migrate(options: DatabaseOptions, migrations: TestMigrations): Promise<void> {
  const database = await openDatabase(options);
  try {
    if (Object.keys(migrations).length > 0) await openMigrations(database, migrations).up();
  } finally {
    await database.close();
  }
}

async function onServer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

function templateName(migrations: TestMigrations): string {
  const hash = createHash('sha256').update(JSON.stringify(migrations)).digest('hex');
  return `template_${hash.slice(0, 12)}`;
}
