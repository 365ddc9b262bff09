import { Failure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';

/** A request that is to be carried out once, however often it is sent. */
export interface RequestKey {
  /** Whose key it is: those of others do not meet it. */
  readonly caller: string;
  readonly key: string;
  /** A hash of all that is asked: the same key with another one is a mistake. */
  readonly request: string;
}

const kept = `interval '24 hours'`;

/**
 * Takes the key to the end of `tx`, and answers undefined when it is new or older than 24 h, else the answer that was
 * kept with it. A twin under way is waited for. Throws `idempotency.reused`.
 */
export async function takeRequestKey(
  tx: Sql,
  { caller, key, request }: RequestKey,
): Promise<string | undefined> {
  for (;;) {
    const taken = await tx.query(
      `insert into nightshift.idempotency_keys as k (caller, key, request) values ($1, $2, $3)
       on conflict (caller, key) do update set request = excluded.request, answer = null, created_at = now()
       where k.created_at <= now() - ${kept} returning key`,
      [caller, key, request],
    );
    if (taken.length > 0) return undefined;
    const [known] = await tx.query<{ request: string; answer: string }>(
      `select request, answer from nightshift.idempotency_keys where caller = $1 and key = $2`,
      [caller, key],
    );
    if (known && known.request !== request) throw new Failure('idempotency.reused', { key });
    if (known) return known.answer;
  }
}

/** Keeps what was answered, as JSON, with the key that `takeRequestKey` took in the same transaction. */
export async function keepAnswer(
  tx: Sql,
  { caller, key }: RequestKey,
  answer: string,
): Promise<void> {
  await tx.query(
    `update nightshift.idempotency_keys set answer = $3 where caller = $1 and key = $2`,
    [caller, key, answer],
  );
}

const page = 10_000;

/** Deletes the keys that are older than 24 h; answers how many. */
export async function forgetRequestKeys(sql: Sql): Promise<number> {
  for (let all = 0; ; ) {
    const gone = await sql.query(
      `delete from nightshift.idempotency_keys where (caller, key) in (
         select caller, key from nightshift.idempotency_keys
         where created_at <= now() - ${kept} order by created_at limit ${page} for update skip locked)
       and created_at <= now() - ${kept} returning key`,
    );
    all += gone.length;
    if (gone.length < page) return all;
  }
}
