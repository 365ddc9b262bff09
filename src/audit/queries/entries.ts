import type { AuditEntry, NewAuditEntry } from '../../core/audit.ts';
import { cleanJson } from '../../core/clean.ts';
import type { Sql } from '../../core/sql.ts';

/** The columns of an entry `e`. */
export const entryColumns = `e.id, e.at, e.actor, e.origin, e.action, e.outcome, e.resource, e.ids, e.before, e.after, e.details`;

/** Writes entries, in one statement, to be committed with the change that they tell of. */
export async function insertEntries(sql: Sql, entries: readonly NewAuditEntry[]): Promise<void> {
  await sql.query(
    `insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids, before, after, details)
     select actor, origin, action, outcome, resource, array(select jsonb_array_elements_text(ids)), before, after, details
     from jsonb_to_recordset($1::jsonb) as e(actor jsonb, origin jsonb, action text, outcome text, resource text, ids jsonb,
       before jsonb, after jsonb, details jsonb)`,
    [cleanJson(entries)],
  );
}

/** Waits until no other change of these things is under way; its turn ends with the transaction. */
export async function takeTurn(
  tx: Sql,
  { resource, ids = [] }: { readonly resource: string; readonly ids?: readonly string[] },
): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtext('nightshift_audit.change'), hashtext($1 || ' ' || id))
     from unnest($2::text[]) as id order by id`,
    [resource, ids.toSorted()],
  );
}

/** Which entries are wanted; all of what is given has to fit. */
export interface AuditFilter {
  /** The id or the name of the actor. */
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditEntry['outcome'] | undefined;
  readonly resource?: string | undefined;
  /** One of those that it was done to. */
  readonly id?: string | undefined;
  /** ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** An entry with its place in the chain; null for a moment after it was written. */
export interface PlacedEntry extends AuditEntry {
  readonly position: number | null;
}

/** The newest first; `before` is the last id of the page before. */
export async function selectEntries(
  sql: Sql,
  filter: AuditFilter,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
): Promise<PlacedEntry[]> {
  const values: unknown[] = [];
  const value = (given: unknown) => `$${values.push(given)}`;
  const conditions = [
    filter.actor !== undefined &&
      `(e.actor ->> 'id' = ${value(filter.actor)} or e.actor ->> 'name' = $${values.length})`,
    filter.action !== undefined && `e.action = ${value(filter.action)}`,
    filter.outcome !== undefined && `e.outcome = ${value(filter.outcome)}`,
    filter.resource !== undefined && `e.resource = ${value(filter.resource)}`,
    filter.id !== undefined && `e.ids @> array[${value(filter.id)}]`,
    filter.from !== undefined && `e.at >= ${value(filter.from)}`,
    filter.to !== undefined && `e.at < ${value(filter.to)}`,
    before !== undefined && `e.id < ${value(before)}::bigint`,
  ].filter((condition) => condition !== false);
  return sql.query<PlacedEntry>(
    `select ${entryColumns}, s.position from nightshift_audit.entries e
     left join nightshift_audit.seals s on s.entry = e.id
     where ${['true', ...conditions].join(' and ')} order by e.id desc limit ${value(limit)}`,
    values,
  );
}
