import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { temporaryFolder } from '../support/folder.ts';
import { removeKeys } from '../support/redis-server.ts';
import { atLeast, type Goal, notMeasured, type ReportRow } from '../support/report.ts';
import { openBullmqWithRow, openRawBullmq } from './bullmq.ts';
import { contest, type Reached } from './contest.ts';
import { openNightshift } from './nightshift.ts';
import { openPgBoss } from './pgboss.ts';

/** What a part of the bench found. */
export interface PartReport {
  readonly rows: readonly ReportRow[];
  readonly goals: readonly Goal[];
}

export interface PartOptions {
  readonly isQuick: boolean;
}

const databaseUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Single runs on the cluster footprint, drained, against BullMQ alone and with a row per job. */
export async function measureRuns({ isQuick }: PartOptions): Promise<PartReport> {
  const effort = isQuick ? { size: 3000, rounds: 3 } : { size: 20_000, rounds: 5 };
  await using stack = new AsyncDisposableStack();
  const prefix = `bench_${randomBytes(4).toString('hex')}`;
  const url = await createDatabase(stack, prefix);
  stack.defer(() => removeKeys(redisUrl, prefix));
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', () => {}); // the query that fails says it; the database is dropped while connections go
  stack.defer(() => pool.end());
  await pool.query('create table public.done (id text primary key, result jsonb not null)');
  const database = await openDatabase({ kind: 'postgres', url });
  stack.defer(() => database.close());
  await openMigrations(database, ledgerMigrations).up();
  const ours = stack.use(await openNightshift({ database, redisUrl, prefix }));
  const raw = stack.use(openRawBullmq({ redisUrl, prefix }));
  const withRow = stack.use(openBullmqWithRow({ redisUrl, prefix, pool }));
  const reached = await contest([raw, ours, withRow], effort);
  const ratio = ratioOf(reached, ours.name);
  return {
    rows: rowsOf('runs', reached, effort),
    goals: [
      atLeast(
        'single runs, full ledger, drained, vs BullMQ without persistence',
        ratio(raw.name),
        0.7,
      ),
      atLeast(
        'single runs, full ledger, drained, vs BullMQ + one INSERT per job',
        ratio(withRow.name),
        3,
      ),
    ],
  };
}

/** Durable runs on the embedded footprint, against pg-boss on PGlite. */
export async function measureEmbedded({ isQuick }: PartOptions): Promise<PartReport> {
  const effort = isQuick ? { size: 200, rounds: 3 } : { size: 2000, rounds: 5 };
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryFolder());
  const open = async (name: string) => {
    const database = await openDatabase({ kind: 'pglite', folder: join(path, name) });
    stack.defer(() => database.close());
    return database;
  };
  const database = await open('nightshift');
  await openMigrations(database, ledgerMigrations).up();
  const ours = stack.use(await openNightshift({ database, prefix: 'bench' }));
  const { driver } = await open('pg-boss');
  if (driver.kind !== 'pglite') throw new Error('a folder is always PGlite');
  const boss = stack.use(await openPgBoss(driver.pglite));
  const reached = await contest([boss, ours], effort);
  return {
    rows: rowsOf('embedded', reached, effort),
    goals: [
      atLeast(
        'embedded footprint, durable runs, vs pg-boss on PGlite batch 1',
        ratioOf(reached, ours.name)(boss.name),
        1,
      ),
    ],
  };
}

/** What SPEED asks for and no part measures yet. */
export function listUnmeasured(): Goal[] {
  const later = 'its part comes with the feature';
  return [
    notMeasured('bundled runs, full ledger, vs graphile-worker tuned + row', '≥ 2', later),
    notMeasured('bundled runs, full ledger, vs BullMQ without persistence', '≥ 2.5', later),
    notMeasured('latency of a durable enqueue to start at 200/s, p50 ms', '≤ 4', later),
    notMeasured('latency of a durable enqueue to start at 200/s, p99 vs raw BullMQ', '≤ 3', later),
    notMeasured('durable POST /api/v1/runs vs Fastify + queue.add', '≥ 0.5', later),
    notMeasured(
      '1,000 open connections, p99 ms of authenticated reads without an error',
      '< 100',
      later,
    ),
    notMeasured('resident memory of an idle worker process, MB', '< 150', later),
    notMeasured('start of a worker process until it takes jobs, s', '< 1', later),
    notMeasured('cost per run with 10 M rows in the ledger vs an empty one', '≤ 1.1', later),
  ];
}

function ratioOf(reached: ReadonlyMap<string, Reached>, ours: string): (other: string) => number {
  return (other) => reached.get(ours)!.drained / reached.get(other)!.drained;
}

function rowsOf(
  part: string,
  reached: ReadonlyMap<string, Reached>,
  { size, rounds }: { size: number; rounds: number },
): ReportRow[] {
  return [...reached.values()].map(({ name, concurrency, accepted, drained, cpuMicroseconds }) => ({
    part,
    what: name,
    concurrency,
    jobs: size,
    rounds,
    'accepted/s': Math.round(accepted),
    'drained/s': Math.round(drained),
    'cpu µs/job': Math.round(cpuMicroseconds),
  }));
}

async function createDatabase(stack: AsyncDisposableStack, name: string): Promise<string> {
  await onServer(`create database ${name}`);
  stack.defer(() => onServer(`drop database ${name} with (force)`));
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
