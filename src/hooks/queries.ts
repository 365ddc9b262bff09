import { cleanJson, cleanText } from '../core/clean.ts';
import type { Sql } from '../core/sql.ts';

/**
 * What became of a delivery: a run, nothing to do, the same as one before, a copy of one before, one that nobody
 * signed or that is too large, or an error.
 */
export const deliveryOutcomes = [
  'accepted',
  'nothing',
  'duplicate',
  'replayed',
  'refused',
  'failed',
] as const;

export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** A delivery on its way into the log. */
export interface NewDelivery {
  readonly id: string;
  readonly hook: string;
  readonly event?: string | undefined;
  /** The sender's id of it. */
  readonly delivery?: string | undefined;
  readonly source?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyHash: string;
  readonly bodySize: number;
  /** Kept of verified deliveries alone. */
  readonly body?: Buffer | undefined;
  readonly outcome: DeliveryOutcome;
  /** In a sentence: what is wrong, or why there was nothing to do. */
  readonly reason?: string | undefined;
  /** The code of what is wrong. */
  readonly code?: string | undefined;
  readonly job?: string | undefined;
  readonly run?: string | undefined;
  readonly redeliveryOf?: string | undefined;
}

/** A delivery of the log, without its body. */
export interface Delivery {
  readonly id: string;
  readonly hook: string;
  readonly event: string | null;
  readonly delivery: string | null;
  readonly receivedAt: Date;
  readonly source: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyHash: string;
  readonly bodySize: number;
  /** True when it can be looked at, and delivered again. */
  readonly bodyKept: boolean;
  readonly outcome: DeliveryOutcome;
  readonly reason: string | null;
  readonly code: string | null;
  readonly job: string | null;
  readonly run: string | null;
  readonly redeliveryOf: string | null;
}

const insertion = `insert into nightshift.hook_deliveries
  (id, hook, event, delivery, source, headers, body_hash, body_size, body, outcome, reason, code, job, run_id, redelivery_of)`;

export async function insertDelivery(sql: Sql, row: NewDelivery): Promise<void> {
  await sql.query(
    `${insertion} values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9::bytea, $10, $11, $12, $13, $14, $15)`,
    valuesOf(row),
  );
}

/** The same for what anybody may send: of `most` a minute and hook no more is written. */
export async function insertRefused(sql: Sql, row: NewDelivery, most: number): Promise<void> {
  await sql.query(
    `${insertion} select $1::uuid, $2, $3, $4, $5, $6::jsonb, $7, $8::int, $9::bytea, $10, $11, $12, $13, $14::uuid, $15::uuid
     where (select count(*) from (select from nightshift.hook_deliveries where hook = $2 and outcome = 'refused'
       and received_at > now() - interval '1 minute' limit $16) as lately) < $16`,
    [...valuesOf(row), most],
  );
}

function valuesOf(row: NewDelivery): unknown[] {
  return [
    row.id,
    row.hook,
    row.event ?? null,
    row.delivery ?? null,
    row.source ?? null,
    cleanJson(row.headers),
    row.bodyHash,
    row.bodySize,
    row.body ?? null,
    row.outcome,
    row.reason === undefined ? null : cleanText(row.reason).slice(0, 2000),
    row.code ?? null,
    row.job ?? null,
    row.run ?? null,
    row.redeliveryOf ?? null,
  ];
}

/**
 * Remembers the keys for `delivery`, or answers the deliveries that have them: nothing is remembered then, once
 * the transaction is rolled back. Waits for an open transaction that is about to remember one of them.
 */
export async function takeKeys(
  tx: Sql,
  { hook, keys, delivery }: { hook: string; keys: readonly string[]; delivery: string },
): Promise<{ key: string; delivery: string }[]> {
  const taken = await tx.query(
    `insert into nightshift.hook_keys (hook, key, delivery)
     select $1, key, $3::uuid from unnest($2::text[]) as key order by key
     on conflict do nothing returning key`,
    [hook, keys, delivery],
  );
  if (taken.length === keys.length) return [];
  return tx.query(
    `select key, delivery from nightshift.hook_keys
     where hook = $1 and key = any($2::text[]) and delivery <> $3::uuid`,
    [hook, keys, delivery],
  );
}

const columns = `id, hook, event, delivery, received_at as "receivedAt", source, headers, body_hash as "bodyHash",
  body_size as "bodySize", body is not null as "bodyKept", outcome, reason, code, job, run_id as run,
  redelivery_of as "redeliveryOf"`;

export interface DeliveryFilter {
  readonly outcome?: DeliveryOutcome | undefined;
  readonly event?: string | undefined;
  /** The last id of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function selectDeliveries(
  sql: Sql,
  hook: string,
  { outcome, event, before, limit }: DeliveryFilter,
): Promise<Delivery[]> {
  return sql.query<Delivery>(
    `select ${columns} from nightshift.hook_deliveries
     where hook = $1 and ($2::text is null or outcome = $2) and ($3::text is null or event = $3)
       and ($4::uuid is null or id < $4) order by id desc limit $5`,
    [hook, outcome ?? null, event ?? null, before ?? null, limit],
  );
}

/** One delivery with its body, or undefined. */
export async function selectDelivery(
  sql: Sql,
  hook: string,
  id: string,
): Promise<(Delivery & { readonly body: Uint8Array | null }) | undefined> {
  const rows = await sql.query<Delivery & { body: Uint8Array | null }>(
    `select ${columns}, body from nightshift.hook_deliveries where id = $1 and hook = $2`,
    [id, hook],
  );
  return rows[0];
}

/** What came to a hook lately. */
export interface HookActivity {
  readonly hook: string;
  readonly lastAt: Date | null;
  /** How the deliveries of the last day ended. */
  readonly lastDay: Partial<Record<DeliveryOutcome, number>>;
}

export async function selectActivity(sql: Sql, hooks: readonly string[]): Promise<HookActivity[]> {
  return sql.query<HookActivity>(
    `select hook, (select received_at from nightshift.hook_deliveries d where d.hook = h.hook order by id desc limit 1) as "lastAt",
       coalesce((select jsonb_object_agg(outcome, ended) from (
         select outcome, count(*) as ended from nightshift.hook_deliveries d
         where d.hook = h.hook and received_at > now() - interval '1 day' group by outcome) as counted), '{}') as "lastDay"
     from unnest($1::text[]) as h(hook)`,
    [hooks],
  );
}

const batch = 5000;

/** Takes away what is older than `keepMs`, keys included, a batch at a time. */
export async function deleteDeliveries(sql: Sql, keepMs: number): Promise<number> {
  let deleted = 0;
  for (const [table, at, id] of [
    ['hook_keys', 'seen_at', 'ctid'],
    ['hook_deliveries', 'received_at', 'id'],
  ] as const)
    for (let rows = batch; rows === batch; deleted += rows)
      rows = (
        await sql.query(
          `delete from nightshift.${table} where ${id} = any(array(select ${id} from nightshift.${table}
             where ${at} < now() - $1 * interval '1 millisecond' limit ${batch})) returning true`,
          [keepMs],
        )
      ).length;
  return deleted;
}
