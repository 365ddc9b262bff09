import type { Sql } from '../../core/sql.ts';
import type { Holding, Remembered } from '../holding.ts';
import type { WaitState } from '../wait.ts';
import { unpack } from './crossing.ts';
import type { Answer, Request, ToParent } from './protocol.ts';

/** A holding that the worker keeps for this process. */
export interface RemoteHolding extends Holding {
  /** Takes the worker's answer to the question `id`. */
  take(id: number, answer: Answer): void;
}

export function openRemoteHolding(send: (message: ToParent) => void): RemoteHolding {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  let transactions = 0;

  async function ask(request: Request): Promise<unknown> {
    const id = ++asked;
    send({ kind: 'ask', id, request });
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    return answer.promise;
  }

  const numbers = new WeakMap<Sql, number>();
  const sqlOf = (transaction?: number): Sql => {
    const number = transaction === undefined ? {} : { transaction };
    const sql: Sql = {
      query: (text, values = []) =>
        ask({ what: 'query', text, values, ...number }) as Promise<never>,
    };
    if (transaction !== undefined) numbers.set(sql, transaction);
    return sql;
  };

  return {
    take(id, answer) {
      if ('value' in answer) waiting.get(id)?.resolve(answer.value);
      else waiting.get(id)?.reject(unpack(answer.error));
      waiting.delete(id);
    },
    listRemembered: () => ask({ what: 'list remembered' }) as Promise<Map<string, Remembered>>,
    load: (artifact) => ask({ what: 'load', artifact }),
    remember: async (step) => void (await ask({ what: 'remember', step })),
    settle: async (step) => void (await ask({ what: 'settle', step })),
    // By its way through JSON, as the ledger keeps it: IPC would refuse a function in a payload.
    wait: (request) => ask({ what: 'wait', request: asJson(request) }) as Promise<WaitState>,
    decline: async (name) => void (await ask({ what: 'decline', name })),
    enqueue(name, child, tx) {
      const transaction = tx && numbers.get(tx);
      const within = transaction === undefined ? {} : { transaction };
      return ask({ what: 'enqueue', name, child: asJson(child), ...within }) as Promise<string>;
    },
    sql: sqlOf(),
    async transaction(name, work) {
      const transaction = ++transactions;
      await ask({ what: 'begin', transaction, name });
      const end = ask({ what: 'end of', transaction });
      try {
        const result = await Promise.race([work(sqlOf(transaction)), end]);
        await ask({ what: 'commit', transaction, result });
      } catch (error) {
        await ask({ what: 'roll back', transaction });
        await end.catch(() => undefined);
        throw error;
      }
      return end as Promise<never>;
    },
    log: ({ data, ...line }) =>
      send({ kind: 'log', line: { ...line, ...(data && { data: asJson(data) }) } }),
    progress: async (progress) => send({ kind: 'progress', progress }),
  };
}

function asJson<T>(data: T): T {
  return JSON.parse(JSON.stringify(data)) as T;
}
