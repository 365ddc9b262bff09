import { otherJobs } from '../core/metrics.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { listWorkers, type WorkerRow } from '../ledger/index.ts';
import type { Readings, Sample } from './exposition.ts';
import {
  boundStatements,
  countUnfinished,
  type QueueDepth,
  readTables,
  type Tables,
} from './queries.ts';
import type { Taken } from './snapshot.ts';

/** A duty, as far as it is measured. */
export interface DutyState {
  readonly name: string;
  readonly endedAt: Date | null;
  readonly tookMs: number | null;
  readonly failures: number;
  readonly late: boolean;
}

/** What is true of the whole installation at one moment. */
export interface Installation extends Tables {
  readonly depths: readonly QueueDepth[];
  readonly workers: readonly WorkerRow[];
  readonly duties: readonly DutyState[];
  readonly late: number;
}

export interface InstallationSources {
  readonly database: TransactionalSql;
  readonly detectionMs: number;
  listDuties(sql: Sql): Promise<readonly DutyState[]>;
  /** The schedules with a firing that is later than its grace. */
  listMissed(sql: Sql): Promise<readonly unknown[]>;
}

/** A statement that takes longer is given up: nobody is to load the database by looking at it. */
const statementMs = 10_000;

export function readInstallation(sources: InstallationSources): Promise<Installation> {
  return sources.database.transaction(async (tx) => {
    await boundStatements(tx, statementMs);
    const depths = await countUnfinished(tx);
    const tables = await readTables(tx);
    const workers = await listWorkers(tx, sources.detectionMs);
    const duties = await sources.listDuties(tx);
    const { length: late } = await sources.listMissed(tx);
    return { ...tables, depths, workers, duties, late };
  });
}

const states: readonly QueueDepth['state'][] = [
  'waiting',
  'scheduled',
  'retrying',
  'active',
  'blocked',
];

/** The series of `latest`, each job of the catalogue among them; none while nobody knows. */
export function installationReadings(
  jobs: readonly string[],
  latest: () => Taken<Installation> | undefined,
): Readings {
  const each = (read: (taken: Installation) => readonly Sample[]) => () => {
    const taken = latest();
    return taken ? read(taken.value) : [];
  };
  const one = (read: (taken: Installation) => number) => each((taken) => [{ value: read(taken) }]);
  return {
    ...queueReadings(jobs, each),
    ...dutyReadings(each),
    nightshift_outbox_runs: one(({ outbox }) => outbox),
    nightshift_workers: one(({ workers }) => workers.length),
    nightshift_schedules: each(({ schedules }) =>
      Object.entries(schedules).map(([state, value]) => ({ labels: { state }, value })),
    ),
    nightshift_schedules_late: one(({ late }) => late),
    nightshift_schedules_overdue_seconds: one(({ overdueSeconds }) => overdueSeconds),
    nightshift_snapshot_age_seconds: () => secondsOf(latest()?.ageMs),
    nightshift_snapshot_duration_seconds: () => secondsOf(latest()?.tookMs),
  };
}

type Each = (read: (taken: Installation) => readonly Sample[]) => () => readonly Sample[];

function queueReadings(jobs: readonly string[], each: Each): Readings {
  const known = new Set(jobs);
  const labelOf = (job: string) => (known.has(job) ? job : otherJobs);
  const rowsOf = (depths: readonly QueueDepth[]) => Map.groupBy(depths, ({ job }) => labelOf(job));
  const shown = (rows: ReadonlyMap<string, unknown>) => new Set([...jobs, ...rows.keys()]);
  const eachJob = (read: (taken: Installation, job: string) => number) =>
    each((taken) => jobs.map((job) => ({ labels: { job_name: job }, value: read(taken, job) })));
  return {
    nightshift_queue_runs: each(({ depths }) => {
      const rows = rowsOf(depths);
      return [...shown(rows)].flatMap((job) =>
        states.map((state) => {
          const some = (rows.get(job) ?? []).filter((row) => row.state === state);
          return {
            labels: { job_name: job, state },
            value: some.reduce((sum, { runs }) => sum + runs, 0),
          };
        }),
      );
    }),
    nightshift_queue_oldest_waiting_seconds: each(({ depths }) => {
      const rows = rowsOf(depths);
      return [...shown(rows)].map((job) => ({
        labels: { job_name: job },
        value: Math.max(0, ...(rows.get(job) ?? []).map(({ oldestSeconds }) => oldestSeconds)),
      }));
    }),
    nightshift_queue_paused: eachJob(({ paused }, job) => Number(paused.includes(job))),
    nightshift_job_workers: eachJob(
      ({ workers }, job) => workers.filter((worker) => worker.jobs.includes(job)).length,
    ),
  };
}

function dutyReadings(each: Each): Readings {
  const eachDuty = (read: (duty: DutyState) => number) =>
    each(({ duties }) =>
      duties.map((duty) => ({ labels: { duty: duty.name }, value: read(duty) })),
    );
  return {
    nightshift_duty_last_pass_timestamp_seconds: eachDuty(
      ({ endedAt }) => (endedAt?.getTime() ?? 0) / 1000,
    ),
    nightshift_duty_last_pass_duration_seconds: eachDuty(({ tookMs }) => (tookMs ?? 0) / 1000),
    nightshift_duty_failed_passes: eachDuty(({ failures }) => failures),
    nightshift_duty_late: eachDuty(({ late }) => Number(late)),
  };
}

function secondsOf(ms: number | undefined): Sample[] {
  return ms === undefined ? [] : [{ value: ms / 1000 }];
}
