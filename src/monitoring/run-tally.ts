import { otherJobs } from '../core/metrics.ts';
import type { RunNews } from '../core/run-news.ts';
import { type Distribution, openDistribution, secondsBounds } from './distribution.ts';
import type { Readings, Sample } from './exposition.ts';

/** Of what happens to runs, what is counted. */
export type Counted = Exclude<RunNews, { kind: 'stepped' }>;

const finals = ['succeeded', 'failed', 'cancelled'] as const;
const ways = [...finals, 'retry', 'snooze', 'waiting', 'given_back', 'fenced'] as const;

type Way = (typeof ways)[number];

/** What this process did for one job. */
interface Tally {
  started: number;
  failures: number;
  readonly attempts: Record<Way, number>;
  readonly runs: Record<(typeof finals)[number], number>;
  readonly duration: Distribution;
  readonly wait: Distribution;
}

/** Counts runs and attempts by job; `hear` is on the way of every run, and does no more than add. */
export function openRunTally(jobs: readonly string[]) {
  const tallies = new Map(jobs.map((job) => [job, openTally()]));
  const others = openTally();

  function hear(said: Counted): void {
    const tally = tallies.get(said.job) ?? others;
    if (said.kind === 'ended') return count(tally, said);
    tally.started++;
    if (said.waitedMs !== null) tally.wait.observe(said.waitedMs / 1000);
  }

  function listTallies(): [job: string, tally: Tally][] {
    return others.started + sum(others.runs) > 0 ? [...tallies, [otherJobs, others]] : [...tallies];
  }

  return { hear, readings: readingsOf(listTallies) };
}

function openTally(): Tally {
  return {
    started: 0,
    failures: 0,
    attempts: zero(ways),
    runs: zero(finals),
    duration: openDistribution(secondsBounds),
    wait: openDistribution(secondsBounds),
  };
}

function count(tally: Tally, { attempt, tookMs, outcome }: Extract<Counted, { kind: 'ended' }>) {
  const way = wayOf(outcome);
  if (way === 'succeeded' || way === 'failed' || way === 'cancelled') tally.runs[way]++;
  // A run may fail before any attempt: its payload was refused, or nobody knows its job.
  if (attempt === 0) return;
  tally.attempts[way]++;
  if (way === 'failed' || way === 'retry') tally.failures++;
  tally.duration.observe(tookMs / 1000);
}

function wayOf({ state, why = 'waiting' }: { state: string; why?: string }): Way {
  const said = state === 'queued' || state === 'blocked' ? why.replace(' ', '_') : state;
  return said as Way;
}

function readingsOf(tallies: () => [string, Tally][]): Readings {
  const eachJob = (read: (tally: Tally) => number) => () =>
    tallies().map(([job, tally]) => ({ labels: { job_name: job }, value: read(tally) }));
  const eachOutcome = (read: (tally: Tally) => Record<string, number>) => () =>
    tallies().flatMap(([job, tally]) =>
      Object.entries(read(tally)).map(([outcome, value]) => ({
        labels: { job_name: job, outcome },
        value,
      })),
    );
  // Eighteen series each: only of jobs that this process has seen at work.
  const eachSeen = (read: (tally: Tally) => Distribution) => (): Sample[] =>
    tallies()
      .map(([job, tally]) => ({ labels: { job_name: job }, value: read(tally) }))
      .filter(({ value }) => value.counts.some((some) => some > 0));
  return {
    nightshift_attempts_started_total: eachJob(({ started }) => started),
    nightshift_attempts_ended_total: eachOutcome(({ attempts }) => attempts),
    nightshift_attempt_failures_total: eachJob(({ failures }) => failures),
    nightshift_attempt_duration_seconds: eachSeen(({ duration }) => duration),
    nightshift_run_wait_seconds: eachSeen(({ wait }) => wait),
    nightshift_runs_finished_total: eachOutcome(({ runs }) => runs),
  };
}

function zero<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}
