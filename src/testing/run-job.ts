import type { z } from 'zod';
import { auditMigrations } from '../audit/index.ts';
import type { AnyBatchJob, BatchJob, BatchNeed } from '../core/batch-job.ts';
import type { Need, Provisions, ScheduledFor } from '../core/context.ts';
import type { AnyJob, Job } from '../core/job.ts';
import { type Run, type RunError, type RunState } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import type { Database, Migration } from '../db/index.ts';
import { documentsMigrations, openDocuments } from '../documents/index.ts';
import {
  findRun,
  insertRuns,
  ledgerMigrations,
  listLogs,
  listRuns,
  listSteps,
  openLedger,
  type SentEvent,
} from '../ledger/index.ts';
import {
  type AttemptServices,
  attemptBatch,
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
import { attemptToEnd, type StandIn } from './stand-in.ts';

/** What a test may hand in. Whatever is left out is real, on a database in memory. */
export interface RunJobOptions {
  /** Connectors by the name of the need: `{ mailbox: { open: async () => … } }`. */
  readonly connectors?: Partial<Provisions>;
  /** A clock the test moves; by default it stands at the moment of the call, and jumps to each retry. */
  readonly clock?: Clock;
  /** The run is a firing of this schedule, as `ctx.run.schedule` tells. */
  readonly schedule?: ScheduledFor;
  /** Cancels the run when it is aborted; with a `GiveBack` as its reason the attempt under way is given back. */
  readonly signal?: AbortSignal;
  /** The jobs whose runs the job enqueues; those that it waits for are run before it goes on. */
  readonly jobs?: readonly AnyJob[];
  /** Each is sent when the run waits for it. A wait that gets none is over when its timeout is. */
  readonly events?: readonly SentEvent[];
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
  /** What it enqueued, in order; only those that it waited for have been run. */
  readonly children: readonly Pick<Run, 'id' | 'job' | 'state' | 'payload' | 'result'>[];
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
  /** Runs a batch job: one call for all of the payloads, and what is to be tried again alone. */
  runBatch<Payload extends z.ZodType, Result extends z.ZodType, Needs extends BatchNeed>(
    job: BatchJob<Payload, Result, Needs>,
    payloads: readonly z.input<Payload>[],
    options?: Omit<RunJobOptions, 'migrations' | 'signal'>,
  ): Promise<TestedRun<z.output<Result>>[]>;
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
    ...auditMigrations,
    ...documentsMigrations,
    ...migrations,
  });
  return {
    sql: database,
    runJob: (job, payload, options = {}) =>
      runToEnd(database, { job: job as AnyJob, payload, options }),
    runBatch: (job, payloads, options = {}) =>
      runTogether(database, { job: job as AnyBatchJob, payloads, options }),
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
  const [id] = await accept(database, { job, payloads: [payload], options });
  const standIn = openStandIn(database, { job, options, id: id! });
  return finish<Result>(standIn, id!, options.signal);
}

async function runTogether<Result>(
  database: Database,
  {
    job,
    payloads,
    options,
  }: Omit<ToEnd, 'payload'> & { readonly job: AnyBatchJob; readonly payloads: readonly unknown[] },
): Promise<TestedRun<Result>[]> {
  const ids = await accept(database, { job, payloads, options });
  const standIn = openStandIn(database, { job, options, id: ids[0]! });
  const { delivery } = await findRun(database, ids[0]!);
  const hold = () => () => {};
  await attemptBatch(standIn.services, { job, delivery, runs: ids, hold, onDoubt: throwDoubt });
  const ended: TestedRun<Result>[] = [];
  for (const id of ids) ended.push(await finish<Result>(standIn, id));
  return ended;
}

function throwDoubt(_: string, error: unknown): never {
  throw error;
}

/** Attempts the run, alone, until it has ended. */
async function finish<Result>(
  standIn: StandIn,
  id: string,
  signal?: AbortSignal,
): Promise<TestedRun<Result>> {
  const { database, services } = standIn;
  const { hold, findRun: find } = watchForAbort(database, id, signal);
  const run = await attemptToEnd(standIn, id, { hold, find });
  await services.ledger.drained();
  const result = run.artifact ? await services.artifacts.load(run.artifact) : run.result;
  return { ...(await readRun(database, run)), result: result as Result };
}

/** Answers the ids of the runs, which share a delivery. */
async function accept(
  database: Database,
  {
    job,
    payloads,
    options: { schedule },
  }: Omit<ToEnd, 'payload'> & { readonly payloads: readonly unknown[] },
): Promise<string[]> {
  const scheduled = schedule && { schedule: schedule.name, due: schedule.due };
  const runs = payloads.map((payload) =>
    newRun(job, checkPayload(job, payload), { priority: 0, ...scheduled }),
  );
  await insertRuns(
    database,
    runs.map((run) => ({ ...run, delivery: runs[0]!.delivery })),
  );
  return runs.map(({ id }) => id);
}

function openStandIn(
  database: Database,
  { job, options, id }: { job: AnyJob; options: RunJobOptions; id: string },
): StandIn {
  const { clock = openClock(), mostAttempts = 100, events = [] } = options;
  const services = openServices(database, { job, options: { ...options, clock }, id });
  return { database, services, clock, events: [...events], mostAttempts };
}

function openServices(
  database: Database,
  {
    job,
    options,
    id,
  }: { job: AnyJob; options: RunJobOptions & { readonly clock: Clock }; id: string },
): AttemptServices {
  const { clock } = options;
  const announcements = openAnnouncements();
  announcements.subscribe((said) => {
    // The ledger waits by Postgres's clock, and the test by its own.
    if (said.kind === 'ended' && said.outcome.state === 'queued')
      clock.moveBy(said.outcome.delayMs);
  });
  const connectors = Object.entries(options.connectors ?? {});
  return {
    ledger: openLedger(database, { detectionMs: 15_000 }),
    artifacts: openArtifacts({ archive: openMemoryArchive() }),
    queues: openIdleQueues(),
    catalogue: openCatalogue([job, ...(options.jobs ?? [])]),
    announcements,
    providers: {
      database: ({ sql }) => sql,
      documents: ({ sql, run, job }) => openDocuments(sql, { runId: run, job }),
      ...Object.fromEntries(connectors.map(([need, connector]) => [need, () => connector])),
    },
    worker: id,
    now: clock.now,
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
    children: (await listRuns(database, { parent: id, limit: 10_000 })).reverse(),
    log: (await listLogs(database, id)).map(({ message }) => message),
    sql: database,
  };
}

function throwAgain(error: unknown): never {
  throw error;
}
