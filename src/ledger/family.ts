import type { Artifact } from '../core/archive.ts';
import { cleanJson } from '../core/clean.ts';
import type { RunError, RunState } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';

/** A run above another one, itself included at depth 0. */
export interface Ancestor {
  readonly id: string;
  readonly job: string;
  readonly depth: number;
}

/** The run and those above it, at most `most` of them. */
export async function listAncestors(sql: Sql, run: string, most: number): Promise<Ancestor[]> {
  return sql.query<Ancestor>(
    `with recursive line as (
       select id, parent, job, 0 as depth from nightshift.runs where id = $1
       union all
       select r.id, r.parent, r.job, line.depth + 1 from line join nightshift.runs r on r.id = line.parent
       where line.depth < $2
     )
     select id, job, depth from line order by depth`,
    [run, most],
  );
}

/** One of these runs that is of the same job, and has the same payload, as one of the `wanted`. */
export async function findRepeated(
  sql: Sql,
  ids: readonly string[],
  wanted: readonly { readonly job: string; readonly payload: unknown }[],
): Promise<{ readonly id: string; readonly job: string } | undefined> {
  const [row] = await sql.query<{ id: string; job: string }>(
    `select r.id, r.job from nightshift.runs r
     join jsonb_to_recordset($2::jsonb) as w(job text, payload jsonb)
       on w.job = r.job and coalesce(w.payload, 'null') = r.payload
     where r.id = any($1::uuid[]) limit 1`,
    [ids, cleanJson(wanted)],
  );
  return row;
}

/** A child of a fan-out, as its parent sees it. */
export interface KnownChild {
  readonly id: string;
  readonly job: string;
  readonly state: RunState;
}

/** The children of one wait, in their order. */
export async function listFanOut(sql: Sql, parent: string, step: string): Promise<KnownChild[]> {
  return sql.query<KnownChild>(
    `select id, job, state from nightshift.runs where parent = $1 and parent_step = $2 order by id`,
    [parent, step],
  );
}

/** How a run ended, with its result, or where that is. */
export interface EndedChild extends KnownChild {
  readonly result: unknown;
  readonly artifact: Artifact | null;
  readonly error: RunError | null;
}

/** These runs in the order of their ids; those that are no longer kept are missing. */
export async function listEnded(sql: Sql, ids: readonly string[]): Promise<EndedChild[]> {
  return sql.query<EndedChild>(
    `select id, job, state, result, artifact, error from nightshift.runs where id = any($1::uuid[]) order by id`,
    [ids],
  );
}

/** A run in the tree below another one. */
export interface Branch {
  readonly id: string;
  readonly job: string;
  readonly state: RunState;
  /** Its first children; those that are left out are in `counts` only. */
  readonly children: readonly Branch[];
  /** How many children it has in each state. */
  readonly counts: Readonly<Partial<Record<RunState, number>>>;
}

/** How much of a tree is told. */
const treeBounds = { depth: 4, breadth: 20 };

/** The tree below a run: four levels, and of each run the first twenty children with the number of all. */
export async function findTree(
  sql: Sql,
  root: string,
): Promise<Pick<Branch, 'children' | 'counts'>> {
  const levels: Level[] = [];
  let parents: readonly string[] = [root];
  while (parents.length > 0 && levels.length < treeBounds.depth) {
    const level = await findLevel(sql, parents);
    levels.push(level);
    parents = level.children.map(({ id }) => id);
  }
  const below = (id: string, depth: number): Pick<Branch, 'children' | 'counts'> => {
    const level = levels[depth];
    const own = level?.children.filter(({ parent }) => parent === id) ?? [];
    const counted = level?.counts.filter(({ parent }) => parent === id) ?? [];
    return {
      children: own.map(({ id, job, state }) => ({ id, job, state, ...below(id, depth + 1) })),
      counts: Object.fromEntries(counted.map(({ state, count }) => [state, count])),
    };
  };
  return below(root, 0);
}

interface Level {
  readonly children: readonly (KnownChild & { readonly parent: string })[];
  readonly counts: readonly {
    readonly parent: string;
    readonly state: RunState;
    readonly count: number;
  }[];
}

async function findLevel(sql: Sql, parents: readonly string[]): Promise<Level> {
  const children = await sql.query<Level['children'][number]>(
    `select p.id as parent, c.id, c.job, c.state from unnest($1::uuid[]) as p(id) cross join lateral (
       select id, job, state from nightshift.runs where parent = p.id order by id limit $2) as c`,
    [parents, treeBounds.breadth],
  );
  const counts = await sql.query<Level['counts'][number]>(
    `select parent, state, count(*)::int as count from nightshift.runs where parent = any($1::uuid[]) group by parent, state`,
    [parents],
  );
  return { children, counts };
}
