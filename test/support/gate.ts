import type { Run } from '../../src/core/run.ts';
import type { TestRuntime } from './runtime.ts';
import { until } from './until.ts';

/** What tests ask about runs that wait at gates. */
export function watchRuns({ database }: Pick<TestRuntime, 'database'>) {
  const states = async (job: string) =>
    (
      await database.query<{ state: string }>(
        `select state from nightshift.runs where job = $1 order by id`,
        [job],
      )
    ).map(({ state }) => state);
  return {
    states,
    /** How many runs of the job are in this state. */
    count: async (job: string, state: Run['state']) =>
      (await states(job)).filter((one) => one === state).length,
    /** Every run of the job has ended; answers the states. */
    allEnd: (job: string) =>
      until(
        async () => {
          const all = await states(job);
          return all.every((state) => !['queued', 'active', 'blocked'].includes(state)) && all;
        },
        { timeoutMs: 90_000, everyMs: 50 },
      ),
    /** Nothing of the job is left at its gate. */
    isSettled: async (job: string) =>
      (await database.query(`select from nightshift.gated where job = $1`, [job])).length === 0,
  };
}
