import { AsyncLocalStorage } from 'node:async_hooks';
import { Failure } from '../core/errors.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { type Fence, holdRun, listSteps, recordStep } from '../ledger/index.ts';

/** The steps of one attempt, and the SQL that its handler may use. */
export interface Steps {
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  transaction<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Joins the transaction it is called in; outside one, each statement is fenced by itself. */
  readonly sql: Sql;
}

interface Scope {
  readonly name: string;
  readonly tx?: Sql;
}

/** How long `ctx.transaction` may hold the run's row; on PGlite every other query waits meanwhile. */
const transactionDeadlineMs = 5000;

export async function openSteps(options: {
  readonly database: TransactionalSql;
  readonly fence: Fence;
  readonly signal: AbortSignal;
}): Promise<Steps> {
  const { database, fence, signal } = options;
  const scope = new AsyncLocalStorage<Scope>();
  const remembered = await rememberedSteps(database, fence);

  /** Runs `perform` unless the step is remembered, and never inside another step. */
  async function once<T>(name: string, perform: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const outer = scope.getStore();
    if (outer) throw new Failure('step.nested', { name, outer: outer.name });
    if (remembered.has(name)) return remembered.get(name) as T;
    const result = asJson(await perform());
    remembered.set(name, result);
    return result;
  }

  return {
    step: (name, work) =>
      once(name, async () => {
        const began = performance.now();
        const result = asJson(await scope.run({ name }, work));
        await recordStep(database, fence, { name, result, tookMs: since(began) });
        return result;
      }),
    transaction: (name, work) =>
      once(name, () =>
        database.transaction(async (tx) => {
          const began = performance.now();
          await boundHold(tx);
          await holdRun(tx, fence);
          const guarded = guard(tx);
          const result = asJson(
            await guarded.during(name, () =>
              scope.run({ name, tx: guarded.sql }, work, guarded.sql),
            ),
          );
          await recordStep(tx, fence, { name, result, tookMs: since(began) });
          return result;
        }),
      ),
    sql: {
      query(text, values) {
        const tx = scope.getStore()?.tx;
        if (tx) return tx.query(text, values);
        return database.transaction(async (own) => {
          await boundHold(own);
          await holdRun(own, fence);
          return own.query(text, values);
        });
      },
    },
  };
}

/** Only a further attempt can find steps of an earlier one. */
async function rememberedSteps(sql: Sql, { run, attempt }: Fence): Promise<Map<string, unknown>> {
  const steps = attempt > 1 ? await listSteps(sql, run) : [];
  return new Map(steps.map(({ name, result }) => [name, result]));
}

/** SQL that ends with its transaction, even for code that goes on after the deadline. */
function guard(tx: Sql) {
  let open = true;
  const sql: Sql = {
    query(text, values) {
      if (open) return tx.query(text, values);
      return Promise.reject(new Failure('transaction.ended', {}));
    },
  };
  async function during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(new Failure('step.deadline', { name, deadline: `${transactionDeadlineMs}ms` })),
      transactionDeadlineMs,
    );
    try {
      return await Promise.race([work(), late.promise]);
    } finally {
      open = false;
      clearTimeout(timer);
    }
  }
  return { sql, during };
}

/** Neither a frozen worker nor a slow statement may hold the run's row: Postgres ends either. */
async function boundHold(tx: Sql): Promise<void> {
  await tx.query(
    `select set_config('idle_in_transaction_session_timeout', $1, true),
       set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)`,
    [String(transactionDeadlineMs + 1000)],
  );
}

/** What a later attempt would get: the value after its way through JSON. */
function asJson<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

function since(began: number): number {
  return Math.round(performance.now() - began);
}
