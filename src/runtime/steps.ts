import { AsyncLocalStorage } from 'node:async_hooks';
import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import type { Holding } from './holding.ts';
import type { Suspension } from './suspension.ts';

/** The steps of one attempt, and the SQL that its handler may use. */
export interface Steps {
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  transaction<T>(name: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** What is remembered under `name`, else what `perform` answers. Refused inside a step. */
  once<T>(name: string, perform: () => Promise<T>): Promise<T>;
  /** The transaction that it is called in, if any. */
  readonly tx: Sql | undefined;
  /** Joins the transaction it is called in; outside one, each statement is fenced by itself. */
  readonly sql: Sql;
}

interface Scope {
  readonly name: string;
  readonly tx?: Sql;
}

export async function openSteps(
  holding: Holding,
  signal: AbortSignal,
  suspension: Suspension,
): Promise<Steps> {
  const scope = new AsyncLocalStorage<Scope>();
  const remembered = await holding.listRemembered();

  /** Runs `perform` unless the step is remembered, and never inside another step. */
  async function once<T>(name: string, perform: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const outer = scope.getStore();
    if (outer) throw new Failure('step.nested', { name, outer: outer.name });
    const known = remembered.get(name);
    if (known) return (known.artifact ? await holding.load(known.artifact) : known.result) as T;
    const result = asJson(await suspension.during(perform));
    remembered.set(name, { result, artifact: null });
    return result;
  }

  return {
    once,
    get tx() {
      return scope.getStore()?.tx;
    },
    step: (name, work) =>
      once(name, async () => {
        const began = performance.now();
        const result = asJson(await scope.run({ name }, work));
        await holding.remember({ name, result, tookMs: Math.round(performance.now() - began) });
        return result;
      }),
    transaction: (name, work) =>
      once(name, () =>
        holding.transaction(name, async (tx) =>
          asJson(await scope.run({ name, tx }, () => work(tx))),
        ),
      ),
    sql: { query: (text, values) => (scope.getStore()?.tx ?? holding.sql).query(text, values) },
  };
}

/** What a later attempt would get: the value after its way through JSON. */
function asJson<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
