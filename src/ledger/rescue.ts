import type { Sql } from '../core/sql.ts';

/** What rescue remembers between passes, whichever process runs them. */
export interface RescueMemory {
  /** How long passes have followed one another without a gap, in milliseconds. */
  readonly inTouchMs: number;
  /** What the last pass left in the queue's server; it comes back unless the server lost writes. */
  readonly mark: string | null;
}

/** Begins a pass: a gap of more than `longestGapMs` since the last one starts the count of `inTouchMs` anew. */
export async function beginRescue(sql: Sql, longestGapMs: number): Promise<RescueMemory> {
  const rows = await sql.query<RescueMemory>(
    `update nightshift.rescue set passed_at = now(), in_touch_since =
       case when passed_at < now() - $1 * interval '1 millisecond' then now() else in_touch_since end
     returning extract(epoch from now() - in_touch_since)::float8 * 1000 as "inTouchMs", queue_mark as mark`,
    [longestGapMs],
  );
  return rows[0]!;
}

/** Remembers what was left in the queue's server. */
export async function rememberMark(sql: Sql, mark: string): Promise<void> {
  await sql.query(`update nightshift.rescue set queue_mark = $1`, [mark]);
}
