import { atLeast } from '../support/report.ts';
import { contest } from './contest.ts';
import { openGround } from './ground.ts';
import { describeReached, type PartOptions, type PartReport } from './part.ts';
import { spawnContestant } from './spawned.ts';

/** Where the product is fastest on PGlite, which takes one statement at a time. */
const concurrency = 50;

/** Durable runs on the embedded footprint, against pg-boss on PGlite. */
export async function measureEmbedded({ isQuick, size }: PartOptions): Promise<PartReport> {
  const effort = isQuick ? { size: size ?? 200, rounds: 3 } : { size: size ?? 2000, rounds: 5 };
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  const open = async (
    name: 'nightshift, embedded' | 'pg-boss on PGlite, batch 1',
    concurrency: number,
  ) => {
    const folder = `${ground.folder}-${concurrency}`;
    const spawned = stack.use(
      await spawnContestant(name, { ...ground, prefix: 'bench', folder, concurrency }),
    );
    return { spawned, concurrency };
  };
  const taking = [
    await open('pg-boss on PGlite, batch 1', 1),
    await open('nightshift, embedded', concurrency),
  ];
  const [boss, ours] = await contest(
    taking.map(({ spawned }) => spawned),
    effort,
  );
  return {
    rows: [boss!, ours!].map((reached, i) =>
      describeReached(
        {
          part: 'embedded',
          what: taking[i]!.spawned.name,
          concurrency: taking[i]!.concurrency,
          jobs: effort.size,
          rounds: effort.rounds,
        },
        reached,
      ),
    ),
    goals: [
      atLeast(
        'embedded footprint, durable runs, drained, vs pg-boss on PGlite batch 1',
        ours!.drained / boss!.drained,
        1,
      ),
    ],
  };
}
