import type { Sql, TransactionalSql } from '../core/sql.ts';
import { keepAnswer, type RequestKey, takeRequestKey } from '../ledger/index.ts';

/** What a request came to. */
export interface Once<Answer> {
  readonly answer: Answer;
  /** True when it was carried out before, and this is the answer that it had then. */
  readonly replayed: boolean;
}

/**
 * Does `work` in a transaction; with a key, once for all requests that have it in 24 h: the key and the answer, as
 * JSON, commit with the work. Twins wait for one another. Throws `idempotency.reused`.
 */
export function doOnce<Answer>(
  database: TransactionalSql,
  key: RequestKey | undefined,
  work: (tx: Sql) => Promise<Answer>,
): Promise<Once<Answer>> {
  return database.transaction(async (tx) => {
    const known = key && (await takeRequestKey(tx, key));
    if (known !== undefined) return { answer: JSON.parse(known) as Answer, replayed: true };
    const answer = await work(tx);
    if (key) await keepAnswer(tx, key, JSON.stringify(answer));
    return { answer, replayed: false };
  });
}
