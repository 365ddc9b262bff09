import type { Sql, TransactionalSql } from '../core/sql.ts';
import { insertRuns, type NewRun } from './accept.ts';
import { type Claim, type ClaimedRun, claimRuns, type Early } from './claim.ts';
import { openGroupCommit } from './group-commit.ts';
import { insertLogs, type LogLine, type ProgressChange, updateProgress } from './logs.ts';
import { type Ended, recordOutcomes } from './record.ts';

/** Every hot write of a run's life, each through a group commit. */
export interface Ledger {
  readonly database: TransactionalSql;
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
  /** Resolves once the run is committed. */
  accept(run: NewRun): Promise<void>;
  /** Begins an attempt, or answers how early it is, or undefined: this delivery has nothing to run any more. */
  claim(claim: Claim): Promise<ClaimedRun | Early | undefined>;
  /** True once the outcome is committed, false when the attempt was fenced. */
  record(ended: Ended): Promise<boolean>;
  log(line: LogLine): Promise<void>;
  progress(change: ProgressChange): Promise<void>;
  /** Resolves when nothing waits to be written. */
  drained(): Promise<void>;
}

export function openLedger(
  database: TransactionalSql,
  { detectionMs }: { readonly detectionMs: number },
): Ledger {
  const accepts = openGroupCommit<NewRun, void>({ flush: writing(insertRuns) });
  const claims = openGroupCommit<Claim, ClaimedRun | Early | undefined>({
    flush: (items) => claimRuns(database, items, detectionMs),
  });
  const outcomes = openGroupCommit<Ended, boolean>({
    flush: (ended) => recordOutcomes(database, ended),
  });
  const logs = openGroupCommit<LogLine, void>({ flush: writing(insertLogs) });
  const changes = openGroupCommit<ProgressChange, void>({ flush: writing(updateProgress) });

  function writing<Item>(write: (sql: Sql, items: readonly Item[]) => Promise<void>) {
    return async (items: readonly Item[]) => {
      await write(database, items);
      return Array<void>(items.length);
    };
  }

  return {
    database,
    detectionMs,
    accept: accepts.add,
    claim: claims.add,
    record: outcomes.add,
    log: logs.add,
    progress: changes.add,
    async drained() {
      for (const commits of [accepts, claims, logs, changes, outcomes]) await commits.drained();
    },
  };
}
