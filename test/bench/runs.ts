import { atLeast, type ReportRow } from '../support/report.ts';
import { contest, type Effort, type Reached } from './contest.ts';
import type { ContestantName, Settings } from './contestants.ts';
import { openGround } from './ground.ts';
import { describeReached, type PartOptions, type PartReport } from './part.ts';
import { spawnContestant } from './spawned.ts';

type Tuning = Pick<Settings, 'concurrency' | 'batch'>;

/** Every setting that is tried; the first is taken by `--quick`, which tries none. */
const tunings: readonly (readonly [ContestantName, readonly Tuning[]])[] = [
  ['bullmq, no persistence', [200, 100, 400].map((concurrency) => ({ concurrency, batch: 1 }))],
  ['nightshift, full ledger', [500, 200, 1000].map((concurrency) => ({ concurrency, batch: 1 }))],
  [
    'nightshift, bundles',
    [
      { concurrency: 1000, batch: 500 },
      { concurrency: 2000, batch: 500 },
      { concurrency: 500, batch: 50 },
      { concurrency: 1000, batch: 100 },
    ],
  ],
  ['bullmq + one INSERT', [100, 50, 200].map((concurrency) => ({ concurrency, batch: 1 }))],
  [
    'graphile-worker + row',
    [
      { concurrency: 500, batch: 2000 },
      { concurrency: 24, batch: 500 },
      { concurrency: 200, batch: 1000 },
    ],
  ],
  ['pg-boss + row', [1000, 500, 2000].map((batch) => ({ concurrency: 1, batch }))],
];

/** Single and bundled runs on the cluster footprint, drained, against the peers, each at its best setting. */
export async function measureRuns({ isQuick, size }: PartOptions): Promise<PartReport> {
  const effort = isQuick ? { size: size ?? 2000, rounds: 3 } : { size: size ?? 20_000, rounds: 5 };
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  const rows: ReportRow[] = [];
  const best = new Map<ContestantName, Tuning>();
  for (const [name, choices] of tunings) {
    const tried = isQuick ? [] : await sweep({ name, choices, ground, size: effort.size / 2 });
    rows.push(...tried.map(({ row }) => row));
    best.set(name, tried.toSorted((a, b) => b.drained - a.drained)[0]?.tuning ?? choices[0]!);
  }
  const reached = await compete(ground, best, effort);
  for (const [name, one] of reached)
    rows.push(describe({ part: 'runs', name, effort, ...best.get(name)! }, one));
  return { rows, goals: judge(reached) };
}

function judge(reached: ReadonlyMap<ContestantName, Reached>) {
  const ratio = (other: ContestantName, ours: ContestantName = 'nightshift, full ledger') =>
    reached.get(ours)!.drained / reached.get(other)!.drained;
  return [
    atLeast(
      'single runs, full ledger, drained, vs BullMQ without persistence',
      ratio('bullmq, no persistence'),
      0.7,
    ),
    atLeast(
      'single runs, full ledger, drained, vs BullMQ + one INSERT per job',
      ratio('bullmq + one INSERT'),
      3,
    ),
    atLeast(
      'bundled runs, full ledger, vs graphile-worker tuned + row',
      ratio('graphile-worker + row', 'nightshift, bundles'),
      2,
    ),
    atLeast(
      'bundled runs, full ledger, vs BullMQ without persistence',
      ratio('bullmq, no persistence', 'nightshift, bundles'),
      2.5,
    ),
  ];
}

/** One measured round of each setting, alone, after one to warm up. */
async function sweep(options: {
  readonly name: ContestantName;
  readonly choices: readonly Tuning[];
  readonly ground: Settings;
  readonly size: number;
}): Promise<{ tuning: Tuning; drained: number; row: ReportRow }[]> {
  const { name, choices, ground } = options;
  const effort = { size: Math.round(options.size), rounds: 1 };
  const tried = [];
  for (const tuning of choices) {
    const reached = await compete(ground, new Map([[name, tuning]]), effort);
    const one = reached.get(name)!;
    const row = describe({ part: 'runs: sweep', name, effort, ...tuning }, one);
    tried.push({ tuning, drained: one.drained, row });
  }
  return tried;
}

async function compete(
  ground: Settings,
  tuned: ReadonlyMap<ContestantName, Tuning>,
  effort: Effort,
): Promise<Map<ContestantName, Reached>> {
  await using stack = new AsyncDisposableStack();
  const spawned = [];
  for (const [i, [name, tuning]] of [...tuned].entries()) {
    const settings = { ...ground, ...tuning, prefix: `${ground.prefix}_${i}` };
    spawned.push(stack.use(await spawnContestant(name, settings)));
  }
  const reached = await contest(spawned, effort);
  return new Map(spawned.map(({ name }, i) => [name, reached[i]!]));
}

function describe(
  about: Tuning & { readonly part: string; readonly name: string; readonly effort: Effort },
  reached: Reached,
): ReportRow {
  const { part, name, concurrency, batch, effort } = about;
  const { size, rounds } = effort;
  return describeReached({ part, what: name, concurrency, batch, jobs: size, rounds }, reached);
}
