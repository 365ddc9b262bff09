import type { z } from 'zod';
import type { Need, Provisions } from '../core/context.ts';
import type { AnyJob, Job } from '../core/job.ts';
import { isFinal, type RunError, type RunState } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { Database, Migration } from '../db/index.ts';
import { documentsMigrations, openDocuments } from '../documents/index.ts';
import {
  findRun,
  insertRuns,
  ledgerMigrations,
  listLogs,
  listSteps,
  openLedger,
} from '../ledger/index.ts';
import {
  attemptRun,
  checkPayload,
  newRun,
  openAnnouncements,
  openCatalogue,
} from '../runtime/index.ts';
import { type Clock, openClock } from './clock.ts';
import { openIdleQueues } from './idle-queues.ts';
import { openMigrated } from './snapshot.ts';

/** What a test may hand in. Whatever is left out is real, on a database in memory. */
export interface RunJobOptions {
  /** Connectors by the name of the need: `{ mailbox: { open: async () => … } }`. */
  readonly connectors?: Partial<Provisions>;
  /** A clock the test moves; by default it stands at the moment of the call, and jumps to each retry. */
  readonly clock?: Clock;
  /** The job's own migrations. */
  readonly migrations?: Readonly<Record<string, Migration>>;
}

/** A run after its end. */
export interface TestedRun<Result = unknown> {
  readonly id: string;
  readonly state: RunState;
  readonly result: Result;
  readonly error: RunError | null;
  readonly attempts: number;
  readonly steps: readonly string[];
  readonly log: readonly string[];
  /** The database as the run left it. */
  readonly sql: Sql;
}

/** A database in memory that several runs share, so that a test can see what a second run does. */
export interface Testbed {
  readonly sql: Sql;
  /** Runs the job through the real attempt pipeline, retries included, until the run has ended. */
  runJob<Payload extends z.ZodType, Result extends z.ZodType, Needs extends Need>(
    job: Job<Payload, Result, Needs>,
    payload: z.input<Payload>,
    options?: Omit<RunJobOptions, 'migrations'>,
  ): Promise<TestedRun<z.output<Result>>>;
  close(): Promise<void>;
}

/** One run of one job on a database of its own. For several, see `openTestbed`. */
export async function runJob<
  Payload extends z.ZodType,
  Result extends z.ZodType,
  Needs extends Need,
>(
  job: Job<Payload, Result, Needs>,
  payload: z.input<Payload>,
  { migrations = {}, ...options }: RunJobOptions = {},
): Promise<TestedRun<z.output<Result>>> {
  const testbed = await openTestbed({ migrations });
  try {
    return await testbed.runJob(job, payload, options);
  } finally {
    await testbed.close();
  }
}

export async function openTestbed({
  migrations = {},
}: Pick<RunJobOptions, 'migrations'> = {}): Promise<Testbed> {
  const database = await openMigrated({
    ...ledgerMigrations,
    ...documentsMigrations,
    ...migrations,
  });
  return {
    sql: database,
    runJob: (job, payload, options = {}) =>
      runToEnd(database, { job: job as AnyJob, payload, options }),
    close: () => database.close(),
  };
}

async function runToEnd<Result>(
  database: Database,
  { job, payload, options }: { job: AnyJob; payload: unknown; options: RunJobOptions },
): Promise<TestedRun<Result>> {
  const { clock = openClock(), connectors = {} } = options;
  const run = newRun(job, checkPayload(job, payload), {
    priority: 0,
    runAt: clock.now(),
  });
  await insertRuns(database, [run]);
  const services = {
    ledger: openLedger(database, { detectionMs: 15_000 }),
    queues: openIdleQueues(),
    catalogue: openCatalogue([job]),
    announcements: openAnnouncements(),
    providers: {
      database: ({ sql }: { sql: Sql }) => sql,
      documents: ({ sql, run: runId }: { sql: Sql; run: string }) => openDocuments(sql, { runId }),
      ...Object.fromEntries(
        Object.entries(connectors).map(([need, connector]) => [need, () => connector]),
      ),
    },
    worker: run.id,
    now: clock.now,
    random: () => 0.5,
    hurry: new AbortController().signal,
    onError: throwAgain,
  };
  let row = await findRun(database, run.id);
  while (!isFinal(row.state)) {
    clock.moveTo(row.runAt);
    await attemptRun(services, {
      run: run.id,
      delivery: row.delivery,
      hold: () => () => undefined,
    });
    row = await findRun(database, run.id);
  }
  await services.ledger.drained();
  return {
    id: run.id,
    state: row.state,
    result: row.result as Result,
    error: row.error,
    attempts: row.attempt,
    steps: (await listSteps(database, run.id)).map(({ name }) => name),
    log: (await listLogs(database, run.id)).map(({ message }) => message),
    sql: database,
  };
}

function throwAgain(error: unknown): never {
  throw error;
}
