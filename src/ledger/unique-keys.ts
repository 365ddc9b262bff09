import { cleanJson } from '../core/clean.ts';
import type { Sql } from '../core/sql.ts';
import { mergeOffers, nameOfKey, type Uniqueness } from '../core/uniqueness.ts';
import { insertionAs, type NewRun, postingOf } from './accept.ts';
import { acceptIn, placeRuns } from './gate-accept.ts';

/** A run whose key decides whether it is accepted. */
export interface KeyedRun extends NewRun {
  readonly uniqueness: Uniqueness;
}

/** What became of a run that was offered with a key. */
export interface Accepted {
  readonly id: string;
  /** True when a run with its key was there, which `id` is then. */
  readonly existing: boolean;
  readonly priority: number;
  /** Absent: the queue has it already. */
  readonly delivery?: string;
  readonly delayMs: number;
}

export interface AcceptKeyedOptions {
  /** Leaves the dispatch to the relay. */
  readonly posts: boolean;
  /** Milliseconds to wait for somebody's open transaction, before Postgres refuses (55P03). Absent: for ever. */
  readonly patienceMs?: number;
}

/**
 * Accepts those of the runs whose key is free, and lets the others join the run that has it: all or nothing, in the
 * order of `runs`. It takes the right to execute `nightshift.take_keys` besides that of `acceptRuns`. For jobs with limits
 * `sql` has to be an open transaction; throws `queue.full`.
 */
export async function acceptKeyed(
  sql: Sql,
  runs: readonly KeyedRun[],
  options: AcceptKeyedOptions,
): Promise<Accepted[]> {
  const sameKeys = [...Map.groupBy(runs, nameOfKey).values()] as [KeyedRun, ...KeyedRun[]][];
  const offers = sameKeys.map(mergeOffers);
  const accept = offers.some(({ gate }) => gate) ? takeThenAccept : takeAndAccept;
  const answers = new Map((await accept(sql, offers, options)).map((row) => [row.offer, row]));
  const accepted = new Map(sameKeys.flatMap((same) => answerAll(same, answers.get(same[0].id)!)));
  return runs.map(({ id }) => accepted.get(id)!);
}

const answer = `offer, run as id, existing, delivery, priority, delay_ms as "delayMs"`;

/** In one statement, so that it is all or nothing on a connection without a transaction, too. */
function takeAndAccept(
  sql: Sql,
  offers: readonly KeyedRun[],
  { posts, patienceMs }: AcceptKeyedOptions,
): Promise<Answer[]> {
  const fresh = '(select runs from fresh)';
  return sql.query<Answer>(
    `with taken as materialized (
       select * from nightshift.take_keys($1::json, $2, $3)
     ), fresh as materialized (
       select coalesce(jsonb_agg(fresh) filter (where fresh is not null), '[]') as runs from taken
     ), accepted as (${insertionAs('queued', fresh)})
     ${posts ? `, posted as (${postingOf(fresh)})` : ''}
     select ${answer} from taken`,
    [cleanJson(offers), posts, patienceMs ?? null],
  );
}

/** Whether a queue with limits has room is asked for the runs that are new, and only the keys tell which are. */
async function takeThenAccept(
  tx: Sql,
  offers: readonly KeyedRun[],
  { posts, patienceMs }: AcceptKeyedOptions,
): Promise<Answer[]> {
  const rows = await tx.query<Answer>(
    `select ${answer} from nightshift.take_keys($1::json, $2, $3)`,
    [cleanJson(offers), posts, patienceMs ?? null],
  );
  const delays = new Map(rows.map((row) => [row.offer, row.existing ? undefined : row.delayMs]));
  const fresh = offers.flatMap((run) => {
    const delayMs = delays.get(run.id);
    return delayMs === undefined ? [] : [{ ...run, delayMs }];
  });
  if (fresh.length > 0) await (posts ? acceptIn(tx, fresh) : placeRuns(tx, fresh));
  return rows;
}

interface Answer extends Omit<Accepted, 'delivery'> {
  readonly offer: string;
  readonly delivery: string | null;
}

/** Whatever became of the first of a key, the others have joined it. */
function answerAll(
  [first, ...others]: readonly [KeyedRun, ...KeyedRun[]],
  { id, existing, priority, delivery, delayMs }: Answer,
): [string, Accepted][] {
  const all = { id, priority, delayMs };
  return [
    [first.id, { ...all, existing, ...(delivery && { delivery }) }],
    ...others.map((other): [string, Accepted] => [other.id, { ...all, existing: true }]),
  ];
}

/**
 * Before ended runs are queued again: takes back the unique keys of those that have one, until they end. Answers
 * the runs whose key another has, each with that other; of two runs with one key the later is among them.
 */
export async function retakeKeys(tx: Sql, runs: readonly string[]): Promise<Map<string, Refused>> {
  const keyed = await tx.query<{ id: string }>(
    `select id from nightshift.runs where id = any($1::uuid[]) and uniqueness ->> 'rule' = 'unique'`,
    [runs],
  );
  if (keyed.length === 0) return new Map();
  const ids = [keyed.map(({ id }) => id)];
  await tx.query(
    `insert into nightshift.unique_keys (job, rule, key)
     select distinct job, 'unique', uniqueness ->> 'key' from nightshift.runs where id = any($1::uuid[]) order by 1, 2, 3
     on conflict (job, rule, key) do update set key = excluded.key`,
    ids,
  );
  await tx.query(
    `update nightshift.unique_keys k set run_id = r.id, until = null
     from (select distinct on (job, uniqueness ->> 'key') id, job, uniqueness ->> 'key' as key
       from nightshift.runs where id = any($1::uuid[]) and finished_at is not null
       order by job, uniqueness ->> 'key', id) r
     where k.job = r.job and k.rule = 'unique' and k.key = r.key and not exists (
       select from nightshift.runs holder where holder.id = k.run_id and holder.finished_at is null)`,
    ids,
  );
  const refused = await tx.query<Refused & { readonly id: string }>(
    `select r.id, k.key, k.run_id as holder from nightshift.runs r join nightshift.unique_keys k
       on k.job = r.job and k.rule = 'unique' and k.key = r.uniqueness ->> 'key'
     where r.id = any($1::uuid[]) and k.run_id <> r.id`,
    ids,
  );
  return new Map(refused.map(({ id, ...taken }) => [id, taken]));
}

/** The run that has the key. */
export interface Refused {
  readonly key: string;
  readonly holder: string;
}

/**
 * Deletes keys that stand in nobody's way any more, of a page of `limit` after the key `after`. Answers where the
 * next page begins, or undefined after the last. A key that is taken at this very moment stays.
 */
export async function sweepKeys(
  sql: Sql,
  after: KeyPlace,
  limit: number,
): Promise<{ readonly deleted: number; readonly next: KeyPlace | undefined }> {
  const [page] = await sql.query<{ deleted: number; seen: number; next: KeyPlace }>(
    `with page as materialized (
       select k.job, k.rule, k.key, k.xmin as version, k.run_id, k.until, k.span from nightshift.unique_keys k
       where (k.job, k.rule, k.key) > ($1, $2, $3) order by k.job, k.rule, k.key limit $4
     ), stale as materialized (
       select page.* from page left join nightshift.runs r on r.id = page.run_id
       where (r.id is null or r.finished_at is not null) and coalesce(page.until <= now(), true)
         and coalesce(page.rule <> 'throttle' or r.started_at + page.span <= now(), true)
     ), deleted as (
       delete from nightshift.unique_keys k using stale s
       where k.job = s.job and k.rule = s.rule and k.key = s.key and k.xmin = s.version
       returning k.key
     )
     select (select count(*) from deleted)::int as deleted, count(*)::int as seen,
       (select json_build_array(job, rule, key) from page order by job desc, rule desc, key desc limit 1) as next
     from page`,
    [...after, limit],
  );
  const { deleted, seen, next } = page!;
  return { deleted, next: seen < limit ? undefined : next };
}

/** Job, rule and key. */
export type KeyPlace = readonly [string, string, string];
