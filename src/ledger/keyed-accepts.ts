import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/errors.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { nameOfKey, separateActors } from '../core/uniqueness.ts';
import { type OnCommit, openGroupCommit } from '../db/index.ts';
import { type Accepted, acceptKeyed, type KeyedRun } from './unique-keys.ts';

/** Accepts runs with keys outside of any transaction of the caller's. */
export interface KeyedAccepts {
  /** Joins the next group commit. Throws `unique.busy` when a transaction has had the key for half a minute. */
  accept(run: KeyedRun): Promise<Accepted>;
  /** All or none, in one commit. Throws `unique.busy`. */
  acceptMany(runs: readonly KeyedRun[]): Promise<Accepted[]>;
  drained(): Promise<void>;
}

/** What a commit of another process takes; beyond it somebody's own transaction has the key. */
const patienceMs = 100;
const pauseMs = 50;
const longestSeconds = 30;

/**
 * A key that somebody's open transaction has holds up nothing but runs of that key: they are asked for again, by a
 * group commit of their own, and meanwhile hold neither a lock nor a connection.
 */
export function openKeyedAccepts(
  database: TransactionalSql,
  telling: { readonly write: string; readonly onCommit: OnCommit | undefined },
): KeyedAccepts {
  const flush = async (runs: readonly KeyedRun[]) => {
    const answers = new Map<string, Accepted>();
    for (const round of separateActors(runs))
      for (const [id, answer] of (await acceptFree(database, groupByKey(round))).flat())
        answers.set(id, answer);
    return runs.map(({ id }) => answers.get(id));
  };
  const prompt = openGroupCommit<KeyedRun, Accepted | undefined>({ ...telling, flush });
  const patient = openGroupCommit<KeyedRun, Accepted | undefined>({ ...telling, flush });
  return {
    accept: (run) => persist([run], (isFirst) => (isFirst ? prompt : patient).add(run)),
    acceptMany: (runs) => persist(runs, () => acceptOrWait(database, runs)),
    async drained() {
      for (const commits of [prompt, patient]) await commits.drained();
    },
  };
}

async function persist<T>(
  runs: readonly KeyedRun[],
  attempt: (isFirst: boolean) => Promise<T | undefined>,
): Promise<T> {
  const until = performance.now() + longestSeconds * 1000;
  for (let isFirst = true; ; isFirst = false) {
    const answer = await attempt(isFirst);
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw busy(runs[0]!);
    await sleep(pauseMs);
  }
}

function busy({ job, uniqueness: { rule, key } }: KeyedRun): Failure {
  return new Failure('unique.busy', { job, rule, key, seconds: longestSeconds });
}

type Answers = [id: string, answer: Accepted][];

/** Accepts all of it in one commit; without those whose key is not to be had when some are not. */
async function acceptFree(
  database: TransactionalSql,
  sameKeys: readonly KeyedRun[][],
): Promise<Answers[]> {
  const runs = sameKeys.flat();
  const accepted = await acceptOrWait(database, runs);
  if (accepted) return [accepted.map((answer, i) => [runs[i]!.id, answer])];
  if (sameKeys.length === 1) return [];
  const half = Math.ceil(sameKeys.length / 2);
  return [
    ...(await acceptFree(database, sameKeys.slice(0, half))),
    ...(await acceptFree(database, sameKeys.slice(half))),
  ];
}

/** Undefined when somebody's transaction has a key of them: then nothing was accepted. */
async function acceptOrWait(
  database: TransactionalSql,
  runs: readonly KeyedRun[],
): Promise<Accepted[] | undefined> {
  const accept = (sql: Sql) => acceptKeyed(sql, runs, { posts: false, patienceMs });
  try {
    return await (runs.some(({ gate }) => gate) ? database.transaction(accept) : accept(database));
  } catch (error) {
    if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
    return undefined;
  }
}

const lockNotAvailable = '55P03';

function groupByKey(runs: readonly KeyedRun[]): KeyedRun[][] {
  return [...Map.groupBy(runs, nameOfKey).values()];
}
