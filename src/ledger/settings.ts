import type { Sql } from '../core/sql.ts';

/** What `nightshift.enqueue` and `nightshift.send_event` have to know of the configuration. */
export interface Settings {
  readonly payloadLimit: number;
  /** How long an event is kept that nobody waits for. */
  readonly eventKeepMs?: number;
}

/** Writes the settings down; what is left out stays. The process that started last says them. */
export async function plantSettings(
  sql: Sql,
  { payloadLimit, eventKeepMs }: Settings,
): Promise<void> {
  await sql.query(
    `insert into nightshift.settings as s (name, value)
     select * from (values ('payload_limit', $1::bigint), ('event_keep', $2::bigint)) as given(name, value) where value is not null
     on conflict (name) do update set value = excluded.value where s.value <> excluded.value`,
    [payloadLimit, eventKeepMs ?? null],
  );
}
