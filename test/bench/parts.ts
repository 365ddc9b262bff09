import { type Goal, notMeasured } from '../support/report.ts';
import { measureEmbedded } from './embedded.ts';
import { measureGrowth } from './growth.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import type { PartOptions, PartReport } from './part.ts';
import { measureRuns } from './runs.ts';
import { measureStart } from './start.ts';

/** Each part, with what `--size` counts in it. */
export const parts: Readonly<
  Record<string, { readonly summary: string; measure(options: PartOptions): Promise<PartReport> }>
> = {
  runs: {
    summary:
      'single runs on the cluster footprint, drained, against the peers (size: jobs a round)',
    measure: measureRuns,
  },
  latency: {
    summary: 'from enqueue to the start of the handler, at 200 a second (size: jobs a round)',
    measure: measureLatency,
  },
  embedded: {
    summary: 'the embedded footprint against pg-boss on PGlite (size: jobs a round)',
    measure: measureEmbedded,
  },
  start: {
    summary: 'the start of a worker process until it takes jobs',
    measure: measureStart,
  },
  memory: {
    summary: 'memory of a worker process, idle and draining (size: runs in all)',
    measure: measureMemory,
  },
  growth: {
    summary: 'cost per run in a large ledger (size: rows in it)',
    measure: measureGrowth,
  },
};

/** What no part measures yet. */
export function listUnmeasured(): Goal[] {
  const later = 'its part comes with the feature';
  return [
    notMeasured('bundled runs, full ledger, vs graphile-worker tuned + row', '≥ 2', later),
    notMeasured('bundled runs, full ledger, vs BullMQ without persistence', '≥ 2.5', later),
    notMeasured('durable POST /api/v1/runs vs Fastify + queue.add', '≥ 0.5', later),
    notMeasured(
      '1,000 open connections, p99 ms of authenticated reads without an error',
      '< 100',
      later,
    ),
  ];
}
