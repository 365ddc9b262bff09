import { groupByDelivery, shareDeliveries } from '../core/bundle.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { type Database, type OnCommit, openGroupCommit } from '../db/index.ts';
import { insertRuns, type NewRun } from './accept.ts';
import { type AdoptedRun, type Adoption, adoptRuns } from './adopted.ts';
import { type Claim, type ClaimedRun, claimRefused, claimRuns, type Early } from './claim.ts';
import { acceptEachGated, queueFull } from './gate-accept.ts';
import { openKeyedAccepts } from './keyed-accepts.ts';
import { insertLogs, type LogLine, type ProgressChange, updateProgress } from './logs.ts';
import { type Ended, isPlainSuccess, recordOutcomes, recordSuccesses } from './record.ts';
import type { Accepted, KeyedRun } from './unique-keys.ts';
import { type WeekWrite, writeByWeek } from './weeks.ts';

/** Every hot write of a run's life, each through a group commit. */
export interface Ledger {
  readonly database: TransactionalSql;
  /** The database as the handlers of jobs may use it. */
  readonly handlers: TransactionalSql;
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
  /**
   * Resolves once the run is committed, to the runs that share its delivery, itself among them: those of a bundle
   * that were accepted by the same commit.
   */
  accept(run: NewRun): Promise<readonly NewRun[]>;
  /** Resolves once a run of a job with limits waits at its gate, committed; throws `queue.full`. */
  acceptGated(run: NewRun): Promise<void>;
  /** Resolves to the run of a foreign job once it is committed: the same for the same `delivery`. */
  adopt(adoption: Adoption): Promise<AdoptedRun>;
  /** Resolves once the run, or its part in the one that was there, is committed; may throw `unique.busy`. */
  acceptKeyed(run: KeyedRun): Promise<Accepted>;
  /** The same for many, all or none. */
  acceptManyKeyed(runs: readonly KeyedRun[]): Promise<Accepted[]>;
  /** Begins an attempt, or answers how early it is, or undefined: this delivery has nothing to run any more. */
  claim(claim: Claim): Promise<ClaimedRun | Early | undefined>;
  /** True once the outcome is committed, false when the attempt was fenced. */
  record(ended: Ended): Promise<boolean>;
  log(line: LogLine): Promise<void>;
  progress(change: ProgressChange): Promise<void>;
  /** Resolves when nothing waits to be written. */
  drained(): Promise<void>;
}

export interface LedgerOptions {
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
  /** Hears of each group commit: how many rows it had, and how long it took. */
  readonly onCommit?: OnCommit;
}

export function openLedger(
  database: Pick<Database, 'query' | 'transaction' | 'handlers'>,
  { detectionMs, onCommit }: LedgerOptions,
): Ledger {
  const telling = (write: string) => ({ write, onCommit });
  const accepts = openGroupCommit<NewRun, readonly NewRun[]>({
    ...telling('accept'),
    flush: (runs) => acceptBundled(database, runs),
  });
  const adoptions = openGroupCommit<Adoption, AdoptedRun>({
    ...telling('adopt'),
    flush: (items) => adoptRuns(database, items),
  });
  const gated = openGroupCommit<NewRun, boolean>({
    ...telling('accept_gated'),
    flush: (runs) => acceptEachGated(database, runs),
  });
  const keyed = openKeyedAccepts(database, telling('accept_keyed'));
  const claims = openGroupCommit<Claim, ClaimedRun | undefined>({
    ...telling('claim'),
    flush: (items) => writeByWeek(database, { items, runOf: ({ run }) => run, write: claimRuns }),
  });
  const refusals = openGroupCommit<Claim, ClaimedRun | Early | undefined>({
    ...telling('claim_refused'),
    flush: (items) => database.transaction((tx) => claimRefused(tx, items, detectionMs)),
  });
  const records = <Item extends Ended>(write: WeekWrite<Item, boolean>) =>
    openGroupCommit<Item, boolean>({
      ...telling('outcome'),
      flush: (items) => writeByWeek(database, { items, runOf: ({ fence }) => fence.run, write }),
    });
  const successes = records(recordSuccesses);
  const outcomes = records(recordOutcomes);
  const logs = openGroupCommit<LogLine, void>({ ...telling('log'), flush: writing(insertLogs) });
  const changes = openGroupCommit<ProgressChange, void>({
    ...telling('progress'),
    flush: writing(updateProgress),
  });

  function writing<Item>(write: (sql: Sql, items: readonly Item[]) => Promise<void>) {
    return async (items: readonly Item[]) => {
      await write(database, items);
      return Array<void>(items.length);
    };
  }

  return {
    database,
    handlers: database.handlers,
    detectionMs,
    accept: accepts.add,
    adopt: adoptions.add,
    async acceptGated(run) {
      if (!(await gated.add(run))) throw await queueFull(database, run.job);
    },
    acceptKeyed: keyed.accept,
    acceptManyKeyed: keyed.acceptMany,
    claim: async (claim) => (await claims.add(claim)) ?? refusals.add(claim),
    record: (ended) => (isPlainSuccess(ended) ? successes.add(ended) : outcomes.add(ended)),
    log: logs.add,
    progress: changes.add,
    async drained() {
      for (const commits of [
        accepts,
        gated,
        keyed,
        adoptions,
        claims,
        refusals,
        logs,
        changes,
        outcomes,
        successes,
      ])
        await commits.drained();
    },
  };
}

/** What shares a commit shares a delivery: nobody waits for company, and a burst goes in bundles. */
async function acceptBundled(sql: Sql, runs: readonly NewRun[]): Promise<(readonly NewRun[])[]> {
  const shared = shareDeliveries(runs);
  await insertRuns(sql, shared);
  if (runs.every(({ bundle = 1 }) => bundle === 1)) return runs.map((run) => [run]);
  const bundles = new Map(groupByDelivery(shared).map((bundle) => [bundle[0]!.delivery, bundle]));
  return shared.map(({ delivery }) => bundles.get(delivery)!);
}
