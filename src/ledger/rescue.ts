import type { Sql } from '../core/sql.ts';

/** What rescue remembers between passes, whichever process runs them. */
export interface RescueMemory {
  /** What the last pass left in the queue's server; it comes back unless the server lost writes. */
  readonly mark: string | null;
}

/**
 * Says that rescue is in touch with the ledger: when a pass begins, and again and again while it lasts. A gap of
 * more than `longestGapMs` since it last said so, in whichever process, starts the time of silence anew.
 */
export async function keepInTouch(sql: Sql, longestGapMs: number): Promise<RescueMemory> {
  const rows = await sql.query<RescueMemory>(
    `update nightshift.rescue set passed_at = now(), in_touch_since =
       case when passed_at < now() - $1 * interval '1 millisecond' then now() else in_touch_since end
     returning queue_mark as mark`,
    [longestGapMs],
  );
  return rows[0]!;
}

/** Remembers what was left in the queue's server. */
export async function rememberMark(sql: Sql, mark: string): Promise<void> {
  await sql.query(`update nightshift.rescue set queue_mark = $1`, [mark]);
}
