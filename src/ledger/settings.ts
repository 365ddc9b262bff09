import type { Sql } from '../core/sql.ts';

/** What `nightshift.enqueue` has to know of the configuration. The process that started last says it. */
export async function plantSettings(
  sql: Sql,
  { payloadLimit }: { readonly payloadLimit: number },
): Promise<void> {
  await sql.query(
    `insert into nightshift.settings as s (name, value) values ('payload_limit', $1)
     on conflict (name) do update set value = excluded.value where s.value <> excluded.value`,
    [payloadLimit],
  );
}
