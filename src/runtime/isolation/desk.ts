import { Failure } from '../../core/errors.ts';
import type { Sql } from '../../core/sql.ts';
import type { Holding } from '../holding.ts';
import type { Request } from './protocol.ts';

/** Does for a child what it asks of the ledger: transactions, with their deadlines, stay in the worker. */
export interface Desk {
  answer(request: Request): Promise<unknown>;
  /** Rolls back what is open: the child is gone. */
  close(): void;
}

export interface DeskOptions {
  readonly job: string;
  readonly holding: Holding;
  /** False where a transaction of a child would stop everybody else (PGlite). */
  readonly mayTransact: boolean;
}

interface Transaction {
  readonly sql: Sql;
  /** Ends the work: by what it remembers, or by what went wrong. */
  readonly work: PromiseWithResolvers<unknown>;
  /** Settles when it is committed or rolled back. */
  readonly end: Promise<unknown>;
}

export function openDesk({ job, holding, mayTransact }: DeskOptions): Desk {
  const transactions = new Map<number, Transaction>();
  let isClosed = false;

  function begin(number: number, name: string): Promise<void> {
    if (!mayTransact) throw new Failure('transaction.isolated', { job });
    const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
    const work = Promise.withResolvers<unknown>();
    const end: Promise<unknown> = holding.transaction(name, (sql) => {
      // The child may die while its transaction waits for a connection or for the row.
      if (isClosed) return Promise.reject(rolledBack);
      transactions.set(number, { sql, work, end });
      resolve();
      return work.promise;
    });
    // Whether it never began or was ended in the middle, the child hears of it by what it asks next.
    end.catch(reject);
    return begun;
  }

  function find(number: number): Transaction {
    const transaction = transactions.get(number);
    if (!transaction) throw new Failure('transaction.ended', {});
    return transaction;
  }

  async function answer(request: Request): Promise<unknown> {
    if (request.what === 'list remembered') return holding.listRemembered();
    if (request.what === 'load') return holding.load(request.artifact);
    if (request.what === 'remember') return holding.remember(request.step);
    if (request.what === 'settle') return holding.settle(request.step);
    if (request.what === 'wait') return holding.wait(request.request);
    if (request.what === 'decline') return holding.decline(request.name);
    if (request.what === 'enqueue') {
      const { name, child, transaction } = request;
      return holding.enqueue(
        name,
        child,
        transaction === undefined ? undefined : find(transaction).sql,
      );
    }
    if (request.what === 'begin') return begin(request.transaction, request.name);
    if (request.what === 'query') {
      const { transaction, text, values } = request;
      const sql = transaction === undefined ? holding.sql : find(transaction).sql;
      return sql.query(text, values);
    }
    const { work, end } = find(request.transaction);
    if (request.what === 'end of') return end;
    if (request.what === 'commit') return work.resolve(request.result);
    return work.reject(rolledBack);
  }

  return {
    answer,
    close() {
      isClosed = true;
      for (const { work } of transactions.values()) work.reject(rolledBack);
    },
  };
}

/** Heard by nobody: the child knows better what went wrong. */
const rolledBack = new Error('rolled back by the handler');
