import { measureEmbedded } from './embedded.ts';
import { measureFairness } from './fairness.ts';
import { measureGrowth } from './growth.ts';
import { measureHttp } from './http.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import type { PartOptions, PartReport } from './part.ts';
import { measureRuns } from './runs.ts';
import { measureSchedules } from './schedules.ts';
import { measureStart } from './start.ts';

/** Each part, with what `--size` counts in it. */
export const parts: Readonly<
  Record<string, { readonly summary: string; measure(options: PartOptions): Promise<PartReport> }>
> = {
  runs: {
    summary:
      'single and bundled runs on the cluster footprint, drained, against the peers (size: jobs a round)',
    measure: measureRuns,
  },
  latency: {
    summary: 'from enqueue to the start of the handler, at 200 a second (size: jobs a round)',
    measure: measureLatency,
  },
  http: {
    summary:
      'the API with keys, against Fastify and queue.add without, and 1,000 connections (size: runs a round)',
    measure: measureHttp,
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
  fairness: {
    summary: 'the wait of a small tenant beside a large one (size: runs of the large one)',
    measure: measureFairness,
  },
  schedules: {
    summary: 'how late firings are while many come in the same second (size: schedules)',
    measure: measureSchedules,
  },
  growth: {
    summary: 'cost per run in a large ledger (size: rows in it)',
    measure: measureGrowth,
  },
};
