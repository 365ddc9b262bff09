import type { Database } from '../../src/db/index.ts';
import { atMost, notMeasured } from '../support/report.ts';
import { contest } from './contest.ts';
import { openGround, openGroundDatabase } from './ground.ts';
import { describeReached, type PartOptions, type PartReport } from './part.ts';
import { spawnContestant } from './spawned.ts';

/** What the goal speaks of. */
const wholeSize = 10_000_000;

const concurrency = 500;

/** What a run costs in a ledger that holds millions of finished ones, against an empty one. */
export async function measureGrowth({ isQuick, size }: PartOptions): Promise<PartReport> {
  const rows = size ?? (isQuick ? 50_000 : wholeSize);
  const effort = isQuick ? { size: 2000, rounds: 3 } : { size: 10_000, rounds: 5 };
  await using stack = new AsyncDisposableStack();
  const open = async () => {
    const ground = { ...(await openGround(stack)), concurrency, keepRows: true };
    const spawned = stack.use(await spawnContestant('nightshift, full ledger', ground));
    return { spawned, ground };
  };
  const [empty, full] = [await open(), await open()];
  await fill(full.ground.databaseUrl, rows);
  const [before, after] = await contest([empty.spawned, full.spawned], effort);
  const ratio = before!.drained / after!.drained;
  const name = 'cost per run with 10 M rows in the ledger vs an empty one';
  return {
    rows: [before!, after!].map((reached, i) => {
      const what = `nightshift, ${i === 0 ? 0 : rows} rows in the ledger`;
      return describeReached(
        { part: 'growth', what, concurrency, jobs: effort.size, rounds: effort.rounds },
        reached,
      );
    }),
    goals: [
      rows < wholeSize
        ? notMeasured(name, '≤ 1.1', `only ${rows} rows were there: ${ratio.toFixed(2)}`)
        : atMost(name, ratio, 1.1),
    ],
  };
}

const chunk = 250_000;

/** Finished runs of the last week, in the order of their ids, as the ledger of a busy week has them. */
async function fill(url: string, rows: number): Promise<void> {
  const database = await openGroundDatabase(url);
  try {
    for (let from = 0; from < rows; from += chunk)
      await insertFinished(database, { from, to: Math.min(rows, from + chunk), of: rows });
    await database.query('vacuum analyze nightshift.runs');
    await database.query('checkpoint');
  } finally {
    await database.close();
  }
}

async function insertFinished(
  database: Database,
  { from, to, of }: { from: number; to: number; of: number },
): Promise<void> {
  await database.query(
    `insert into nightshift.runs (id, job, version, state, payload, result, priority, delivery,
       attempt, created_at, run_at, started_at, finished_at)
     select (left(nightshift.uuid_floor(at)::text, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid,
       'no-op', 1, 'succeeded', '{}', '{"length": 2}', 0, gen_random_uuid(), 1, at, at, at, at
     from generate_series($1::bigint, $2::bigint) as n
     cross join lateral (select now() - interval '6 days' * (1 - n / $3::float8) as at) as moment`,
    [from, to - 1, of],
  );
}
