import type { z } from 'zod';
import type { Need, Provisions } from '../core/context.ts';
import { Failure } from '../core/errors.ts';
import type { AnyJob, Job } from '../core/job.ts';
import { isFinal, type Run, type RunError, type RunState } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { Database, Migration } from '../db/index.ts';
import { documentsMigrations, openDocuments } from '../documents/index.ts';
import {
  bringForward,
  insertRuns,
  ledgerMigrations,
  listLogs,
  listSteps,
  openLedger,
} from '../ledger/index.ts';
import {
  type AttemptServices,
  attemptRun,
  checkPayload,
  newRun,
  openAnnouncements,
  openArtifacts,
  openCatalogue,
} from '../runtime/index.ts';
import { type Clock, openClock } from './clock.ts';
import { openIdleQueues } from './idle-queues.ts';
import { watchForAbort } from './interruption.ts';
import { openMemoryArchive } from './memory-archive.ts';
import { openMigrated } from './snapshot.ts';

/** What a test may hand in. Whatever is left out is real, on a database in memory. */
export interface RunJobOptions {
  /** Connectors by the name of the need: `{ mailbox: { open: async () => … } }`. */
  readonly connectors?: Partial<Provisions>;
  /** A clock the test moves; by default it stands at the moment of the call, and jumps to each retry. */
  readonly clock?: Clock;
  /** Cancels the run when it is aborted; with a `GiveBack` as its reason the attempt under way is given back. */
  readonly signal?: AbortSignal;
  /** A run that takes more attempts (100) fails the test with `run.endless`. */
  readonly mostAttempts?: number;
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

interface ToEnd {
  readonly job: AnyJob;
  readonly payload: unknown;
  readonly options: RunJobOptions;
}

async function runToEnd<Result>(
  database: Database,
  { job, payload, options }: ToEnd,
): Promise<TestedRun<Result>> {
  const { clock = openClock(), mostAttempts = 100 } = options;
  const { id } = await accept(database, { job, payload });
  const services = openServices(database, { job, options: { ...options, clock }, id });
  services.announcements.subscribe((said) => {
    // The ledger waits by Postgres's clock, and the test by its own.
    if (said.kind === 'ended' && said.outcome.state === 'queued')
      clock.moveBy(said.outcome.delayMs);
  });
  const interruption = watchForAbort(database, id, options.signal);
  let run = await interruption.findRun();
  while (!isFinal(run.state)) {
    if (run.attempt >= mostAttempts)
      throw new Failure('run.endless', { job: job.name, attempts: run.attempt });
    await bringForward(database, id);
    await attemptRun(services, { run: id, delivery: run.delivery, hold: interruption.hold });
    run = await interruption.findRun();
  }
  await services.ledger.drained();
  const result = run.artifact ? await services.artifacts.load(run.artifact) : run.result;
  return { ...(await readRun(database, run)), result: result as Result };
}

async function accept(
  database: Database,
  { job, payload }: Pick<ToEnd, 'job' | 'payload'>,
): Promise<{ readonly id: string }> {
  const run = newRun(job, checkPayload(job, payload), { priority: 0 });
  await insertRuns(database, [run]);
  return run;
}

function openServices(
  database: Database,
  { job, options, id }: { job: AnyJob; options: RunJobOptions & { clock: Clock }; id: string },
): AttemptServices {
  const connectors = Object.entries(options.connectors ?? {});
  return {
    ledger: openLedger(database, { detectionMs: 15_000 }),
    artifacts: openArtifacts({ archive: openMemoryArchive() }),
    queues: openIdleQueues(),
    catalogue: openCatalogue([job]),
    announcements: openAnnouncements(),
    providers: {
      database: ({ sql }) => sql,
      documents: ({ sql, run }) => openDocuments(sql, { runId: run }),
      ...Object.fromEntries(connectors.map(([need, connector]) => [need, () => connector])),
    },
    worker: id,
    now: options.clock.now,
    random: () => 0.5,
    hurry: new AbortController().signal,
    onError: throwAgain,
  };
}

async function readRun(
  database: Database,
  { id, state, error, attempt }: Run,
): Promise<Omit<TestedRun, 'result'>> {
  return {
    id,
    state,
    error,
    attempts: attempt,
    steps: (await listSteps(database, id)).map(({ name }) => name),
    log: (await listLogs(database, id)).map(({ message }) => message),
    sql: database,
  };
}

function throwAgain(error: unknown): never {
  throw error;
}
