import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, notMeasured, type ReportRow } from '../support/report.ts';
import { median } from './contest.ts';
import { openGround } from './ground.ts';
import type { PartOptions, PartReport } from './part.ts';
import { migrate, residentMb, startWorkerProcess, workerFile } from './processes.ts';
import { spawnContestant } from './spawned.ts';

/** What the goal speaks of. */
const wholeSize = 1_000_000;

/** Memory of a real worker process that has nothing to do, and of one that drains run after run. */
export async function measureMemory({ isQuick, size }: PartOptions): Promise<PartReport> {
  const idleMb = await measureIdle(isQuick ? 3000 : 20_000);
  const runs = size ?? (isQuick ? 10_000 : wholeSize);
  const { warmMb, endMb, peakMb } = await measureDraining(runs);
  const name = 'resident memory of a worker that drains 1 M runs, in the last tenth vs the first';
  const rows: ReportRow[] = [
    { part: 'memory', what: `workers/${workerFile}, idle`, 'rss MB': Math.round(idleMb) },
    {
      part: 'memory',
      what: 'worker draining, in the first tenth of the time',
      'rss MB': Math.round(warmMb),
    },
    {
      part: 'memory',
      what: 'worker draining, in the last tenth',
      jobs: runs,
      'rss MB': Math.round(endMb),
      'peak MB': Math.round(peakMb),
    },
  ];
  return {
    rows,
    goals: [
      atMost('resident memory of an idle worker process, MB', idleMb, 150),
      runs < wholeSize
        ? notMeasured(
            name,
            '≤ 1.1',
            `only ${runs} runs were drained: ${(endMb / warmMb).toFixed(2)}`,
          )
        : atMost(name, endMb / warmMb, 1.1),
    ],
  };
}

async function measureIdle(settleMs: number): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const ground = await openGround(stack);
  await migrate(ground);
  const worker = stack.use(startWorkerProcess(ground));
  await worker.said(/ is up/);
  await sleep(settleMs);
  const idleMb = await residentMb(worker.pid);
  worker.kill('SIGTERM');
  await worker.ended();
  return idleMb;
}

/** One process fills, another drains: what the producer holds is not the worker's. */
async function measureDraining(runs: number) {
  await using stack = new AsyncDisposableStack();
  const ground = { ...(await openGround(stack)), concurrency: 200 };
  const worker = stack.use(await spawnContestant('nightshift, full ledger', ground));
  const producer = await spawnContestant('nightshift, full ledger', ground);
  await producer.fill(runs);
  await producer[Symbol.asyncDispose]();
  const draining = new AbortController();
  const drained = worker.drain(runs).finally(() => draining.abort());
  const resident: number[] = [];
  while (!draining.signal.aborted) {
    await sleep(200, undefined, { signal: draining.signal }).catch(() => {});
    resident.push(await residentMb(worker.pid));
  }
  await drained;
  await worker.settle(runs);
  const tenth = Math.ceil(resident.length / 10);
  return {
    warmMb: Math.max(...resident.slice(0, tenth)),
    endMb: median(resident.slice(-tenth)),
    peakMb: Math.max(...resident),
  };
}
