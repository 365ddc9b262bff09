/**
 * SQL of an expression that makes Postgres end the open transaction once it has rested for as many milliseconds as the
 * parameter (`$1`, as text) says: its process is frozen, and holds up others. PGlite rests for as long as it likes: it has one
 * session, which would end with the transaction, and every later query would wait for ever.
 */
export function idleBound(parameter: string): string {
  return `set_config('idle_in_transaction_session_timeout', case when version() like '%PGlite%' then '0' else ${parameter} end, true)`;
}
