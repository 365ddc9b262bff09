import type { Artifact } from '../core/archive.ts';
import type { LogLevel } from '../core/context.ts';
import { Failure } from '../core/errors.ts';
import type { Progress } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { idleBound } from '../db/index.ts';
import {
  closeWait,
  type Fence,
  holdRun,
  type Ledger,
  listSteps,
  recordStep,
  type Step,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Announcements } from './announcements.ts';
import type { Artifacts } from './artifacts.ts';
import { type Awaiting, openAwaiting } from './awaiting.ts';
import type { Catalogue } from './catalogue.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * What an attempt may do in the ledger while it holds its run: in the worker's process by calls, in a
 * process of its own by messages. Once the attempt is over everything but `log` is refused.
 */
export interface Holding extends Awaiting {
  /** What earlier attempts remembered: results of steps by name, or where they are. */
  listRemembered(): Promise<Map<string, Remembered>>;
  /** A result that is too large for its row. */
  load(artifact: Artifact): Promise<unknown>;
  remember(step: StepDone): Promise<void>;
  /** Remembers what the wait of the step's name came to, and closes it. */
  settle(step: StepDone): Promise<void>;
  /** Each statement is checked and committed by itself. */
  readonly sql: Sql;
  /** Remembers what `work` answers in the transaction of its SQL. */
  transaction<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  log(line: LogEntry): void;
  progress(progress: Progress): Promise<void>;
}

export type Remembered = Pick<Step, 'result' | 'artifact'>;

export interface StepDone {
  readonly name: string;
  readonly result: unknown;
  readonly tookMs: number;
}

export interface LogEntry {
  readonly at: Date;
  readonly level: LogLevel;
  readonly message: string;
  readonly data?: Record<string, unknown>;
}

/** A holding that is the ledger's own. */
export interface LedgerHolding extends Holding {
  /** Resolves when everything logged so far is committed, or was reported as lost. */
  logged(): Promise<void>;
  /**
   * Resolves when no transaction of the attempt is open any more, soon after its end: until then one may hold the
   * run's row, and the outcome would keep those of other runs waiting that share its commit.
   */
  released(): Promise<void>;
}

export interface HoldingServices {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly catalogue: Catalogue;
  readonly queues: Queues;
  readonly announcements: Announcements;
  /** Hears of what could not be kept: a log line, a progress. It does not fail the run. */
  onError(error: unknown, about?: object): void;
}

export interface HeldRun {
  readonly fence: Fence;
  /** Aborted when the attempt is over. */
  readonly signal: AbortSignal;
}

/** How long `ctx.transaction` may hold the run's row; on PGlite every other query waits meanwhile. */
const transactionDeadlineMs = 5000;

export function openHolding(
  { ledger, artifacts, catalogue, queues, announcements, onError }: HoldingServices,
  { fence, signal }: HeldRun,
): LedgerHolding {
  const { database, handlers } = ledger;
  const { run, attempt } = fence;
  const onLost = (error: unknown) => onError(error, { run, attempt });
  let logging: Promise<void> | undefined;
  const open = new Set<Promise<unknown>>();

  /** A transaction that has the run's row; when the attempt ends meanwhile, it does not commit. */
  async function hold<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const held = transact(work);
    open.add(held);
    return held.finally(() => open.delete(held));
  }

  function transact<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return handlers.transaction(async (tx) => {
      await boundHold(tx, ledger.detectionMs);
      await holdRun(tx, fence);
      const result = await work(tx);
      signal.throwIfAborted();
      return result;
    });
  }

  /** A large result is in the archive before its step is recorded. */
  async function record(sql: Sql, step: StepDone): Promise<void> {
    const kept = await artifacts.keep({ run, attempt, name: step.name }, step.result);
    signal.throwIfAborted();
    await recordStep(sql, fence, { ...step, ...kept });
    const { name, tookMs } = step;
    announcements.announce({ kind: 'stepped', run, attempt, step: name, tookMs });
  }

  return {
    ...openAwaiting({ ledger, artifacts, catalogue, queues, fence, hold }),
    async listRemembered() {
      // Only a further attempt can find steps of an earlier one.
      const steps = attempt > 1 ? await listSteps(database, run) : [];
      return new Map(steps.map(({ name, result, artifact }) => [name, { result, artifact }]));
    },
    load: artifacts.load,
    async remember(step) {
      signal.throwIfAborted();
      await record(database, step);
    },
    async settle(step) {
      await hold(async (tx) => {
        await record(tx, step);
        await closeWait(tx, run, step.name);
      });
    },
    sql: { query: async (text, values) => hold((tx) => tx.query(text, values)) },
    async transaction(name, work) {
      const began = performance.now();
      const held = hold(async (tx) => {
        const result = await guard(tx, signal).during(name, work);
        const tookMs = Math.round(performance.now() - began);
        await record(tx, { name, result, tookMs });
        return result;
      });
      return held.catch((error: unknown) => {
        if ((error as { code?: unknown } | null)?.code !== idleTooLong) throw error;
        const deadline = `${idleMsOf(ledger.detectionMs)}ms without a query`;
        throw new Failure('step.deadline', { name, deadline }, error);
      });
    },
    log(line) {
      logging = ledger.log({ run, attempt, ...line }).catch(onLost);
    },
    async progress(progress) {
      if (!signal.aborted) await ledger.progress({ fence, progress }).catch(onLost);
    },
    // Lines are committed in order, so the last one stands for all.
    logged: async () => logging,
    async released() {
      await Promise.allSettled(open);
    },
  };
}

/** SQL that ends with its transaction, even for code that goes on after the deadline or the attempt. */
function guard(tx: Sql, signal: AbortSignal) {
  let open = true;
  const sql: Sql = {
    query(text, values) {
      if (open) return tx.query(text, values);
      return Promise.reject(new Failure('transaction.ended', {}));
    },
  };
  async function during<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(new Failure('step.deadline', { name, deadline: `${transactionDeadlineMs}ms` })),
      transactionDeadlineMs,
    );
    try {
      return await untilAborted(signal, Promise.race([work(sql), late.promise]));
    } finally {
      open = false;
      clearTimeout(timer);
    }
  }
  return { sql, during };
}

/** SQLSTATE of a session that Postgres ended because its transaction rested. */
const idleTooLong = '25P03';

const statementMs = transactionDeadlineMs + 1000;

/** Well before a frozen worker counts as dead, whose last heartbeat may be a third of that time old. */
function idleMsOf(detectionMs: number): number {
  return Math.min(statementMs, Math.floor((detectionMs * 2) / 3));
}

/** Neither a frozen worker nor a slow statement may hold the run's row: Postgres ends either. */
export async function boundHold(tx: Sql, detectionMs: number): Promise<void> {
  await tx.query(
    `select ${idleBound('$1')},
       set_config('statement_timeout', $2, true), set_config('lock_timeout', $2, true)`,
    [String(idleMsOf(detectionMs)), String(statementMs)],
  );
}
