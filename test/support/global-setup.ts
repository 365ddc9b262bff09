import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import manifest from '../../package.json' with { type: 'json' };
import { openDatabase } from '../../src/db/index.ts';
import { makeOnce, temporaryFolder } from './folder.ts';
import { postgresAnswers, startPostgresServer } from './postgres-server.ts';
import { redisAnswers, startRedisServer } from './redis-server.ts';
import type { TestServer } from './server.ts';

/** What one run of the tests shares; tests read it through `inject`. */
declare module 'vitest' {
  interface ProvidedContext {
    readonly databaseUrl: string;
    readonly redisUrl: string;
    /** Begins the name of every database and queue prefix of this run. */
    readonly runId: string;
    /** A data folder of PGlite with nothing in it, to be copied. */
    readonly emptyFolder: string;
    /** For what is made once in a run and copied by many tests. */
    readonly templateFolder: string;
  }
}

/** Finds the servers that the tests run against, or starts them, and cleans up behind the run. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await using started = new AsyncDisposableStack();
  const databaseUrl = await findServer(started, {
    variable: 'DATABASE_URL',
    usual: 'postgres://postgres@127.0.0.1:5432/postgres',
    answers: postgresAnswers,
    start: startPostgresServer,
  });
  const redisUrl = await findServer(started, {
    variable: 'REDIS_URL',
    usual: 'redis://127.0.0.1:6379',
    answers: redisAnswers,
    start: startRedisServer,
  });
  const runId = `test_${randomBytes(4).toString('hex')}`;
  const templates = started.use(await temporaryFolder());
  started.defer(() => dropDatabases(databaseUrl, runId));
  project.provide('databaseUrl', databaseUrl);
  project.provide('redisUrl', redisUrl);
  project.provide('runId', runId);
  project.provide('emptyFolder', await makeEmptyFolder());
  project.provide('templateFolder', templates.path);
  const tearDown = started.move();
  return () => tearDown.disposeAsync();
}

/** PGlite takes 5 s to start in a new folder and 0.3 s in a copy, so one is kept from run to run. */
async function makeEmptyFolder(): Promise<string> {
  const version = manifest.dependencies['@electric-sql/pglite'];
  const cache = new URL('../../node_modules/.cache/nightshift/', import.meta.url).pathname;
  return makeOnce(join(cache, `pglite-${version}`), async (folder) => {
    await (await openDatabase({ kind: 'pglite', folder })).close();
  });
}

interface Candidate {
  readonly variable: string;
  readonly usual: string;
  readonly answers: (url: string) => Promise<boolean>;
  readonly start: () => Promise<TestServer>;
}

/** The server that is set, else the usual one, else one of our own. One that is set must answer. */
async function findServer(
  started: AsyncDisposableStack,
  { variable, usual, answers, start }: Candidate,
): Promise<string> {
  const url = process.env[variable];
  if (url !== undefined) {
    if (await answers(url)) return url;
    throw new Error(`${variable} is set, and no server answers there; correct or unset it.`);
  }
  if (await answers(usual)) return usual;
  return started.use(await start()).url;
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    );
    for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`);
  } finally {
    await client.end();
  }
}
