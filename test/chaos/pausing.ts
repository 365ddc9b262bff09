import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../examples/generator/random.ts';
import { pauseJob, resumeJob } from '../../src/runtime/index.ts';
import { type Mix, pausable } from './jobs.ts';
import { attempt, type MeddlingServices } from './meddling.ts';

/** Somebody who pauses a job for a while, again and again. */
export interface Pausing {
  /** Resolves once every job is resumed. */
  end(): Promise<void>;
}

export function startPausing(
  places: Pick<MeddlingServices, 'sql' | 'queues'>,
  { seed, mix }: { readonly seed: number; readonly mix: Mix },
): Pausing {
  const random = createRandom(seed);
  const jobs = pausable.filter((job) => job in mix);
  const ending = new AbortController();
  const rest = (ms: number) => sleep(ms, undefined, { signal: ending.signal }).catch(() => {});

  async function pauseNow(): Promise<void> {
    const job = random.pick(jobs);
    const reason = 'chaos';
    await attempt(() => pauseJob(places, { job, reason }));
    await rest(random.between(1500, 4500));
    await attempt(() => resumeJob(places, job));
  }

  async function goOn(): Promise<void> {
    while (!ending.signal.aborted && jobs.length > 0) {
      await rest(random.between(500, 3000));
      await pauseNow();
    }
    // Another process may have paused one, and died.
    for (const job of jobs) while (!(await attempt(() => resumeJob(places, job)))) await sleep(500);
  }

  const gone = goOn();
  return {
    end() {
      ending.abort();
      return gone;
    },
  };
}
