import { GiveBack } from '../core/endings.ts';
import { Failure } from '../core/errors.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { type Doubtful, giveBackDoubtful, listFenced } from '../ledger/index.ts';
import type { HeldAttempt } from './attempt.ts';

/** The attempts under way in this process, and the runs it may hold without knowing. */
export interface Held {
  readonly size: number;
  /** Every run of a delivery in hand: its claim, its attempt or its outcome is under way. */
  readonly inHand: readonly string[];
  /** Takes note that these runs are in hand until the returned function is called. */
  take(runs: readonly string[]): () => void;
  /** Takes note of an attempt until the returned function is called. */
  hold(attempt: HeldAttempt): () => void;
  /** Signals the attempts (of one run, or all) that hold their run no longer, by what the ledger says. */
  fenceLost(run?: string): Promise<void>;
  /** Ends every attempt that is under way or still comes: its run goes to another worker. */
  giveBack(): void;
  /** Remembers a run whose claim or outcome got lost on the way: it may be active with nobody at work. */
  doubt(run: Doubtful): void;
  /** Queues those of the doubtful runs that this worker does hold. */
  giveBackDoubtful(): Promise<void>;
}

export function openHeld(database: TransactionalSql, worker: string): Held {
  const attempts = new Set<HeldAttempt>();
  const taken = new Set<readonly string[]>();
  let doubtful: Doubtful[] = [];
  let givingBack = false;

  return {
    get size() {
      return attempts.size;
    },
    get inHand() {
      return [...taken].flat();
    },
    take(runs) {
      taken.add(runs);
      return () => void taken.delete(runs);
    },
    hold(attempt) {
      attempts.add(attempt);
      if (givingBack) attempt.control.abort(new GiveBack());
      return () => void attempts.delete(attempt);
    },
    async fenceLost(run) {
      const asked = [...attempts].filter((one) => run === undefined || one.run.run === run);
      if (asked.length === 0) return;
      const fences = asked.map((attempt) => attempt.run);
      const lost = new Set((await listFenced(database, fences)).map(nameOf));
      for (const { run: held, control } of asked)
        if (lost.has(nameOf(held)))
          control.abort(new Failure('run.fenced', { id: held.run, attempt: held.attempt }));
    },
    giveBack() {
      givingBack = true;
      for (const { control } of attempts) control.abort(new GiveBack());
    },
    doubt(run) {
      doubtful.push(run);
    },
    async giveBackDoubtful() {
      const busy = new Set([...attempts].map(({ run }) => run.run));
      const idle = doubtful.filter(({ run }) => !busy.has(run));
      if (idle.length === 0) return;
      await database.transaction((tx) => giveBackDoubtful(tx, worker, idle));
      doubtful = doubtful.filter((one) => !idle.includes(one));
    },
  };
}

function nameOf({ run, attempt }: { readonly run: string; readonly attempt: number }): string {
  return `${run} ${attempt}`;
}
