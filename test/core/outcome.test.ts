import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../src/core/backoff.ts';
import { durationMs } from '../../src/core/duration.ts';
import { Cancel, GiveBack, Snooze, Suspended } from '../../src/core/endings.ts';
import { Failure } from '../../src/core/errors.ts';
import type { RetryPolicy } from '../../src/core/job.ts';
import { decideOutcome, type Ending } from '../../src/core/outcome.ts';
import {
  finalStates,
  isFinal,
  legalMoves,
  mayMove,
  type RunError,
  runStates,
  shownState,
} from '../../src/core/run.ts';

const now = new Date('2026-11-21T03:00:00Z');

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  attempts: fc.integer({ min: 1, max: 20 }),
  backoff: fc.constantFrom('exponential' as const, 'fixed' as const),
  from: fc.integer({ min: 1, max: 600 }).map((s) => `${s}s` as const),
  upTo: fc.integer({ min: 1, max: 600 }).map((m) => `${m}m` as const),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const chance = fc.double({ min: 0, max: 1, noNaN: true });

const endings: fc.Arbitrary<Ending> = fc.oneof(
  fc.jsonValue().map((returned) => ({ returned })),
  fc.string().map((message) => ({ thrown: new Error(message) })),
  fc.anything().map((thrown) => ({ thrown })),
  fc.constantFrom(
    { thrown: { toString: false } },
    { thrown: new Cancel('no need') },
    { thrown: new Snooze('10m') },
    { thrown: new GiveBack() },
    { thrown: new Suspended([{ what: 'sleeps', isSleep: true, dueMs: 1000 }]) },
    { thrown: new Suspended([{ what: 'waits', isSleep: false, dueMs: null }]) },
    { thrown: new Failure('run.timeout', { timeout: '5m' }) },
    { thrown: new Failure('run.crashed', { how: 'exit code 3', output: 'no' }) },
  ),
);

test('every outcome of an attempt is a legal move from active', () => {
  fc.assert(
    fc.property(policies, endings, fc.nat(30), chance, (retry, ending, failures, random) => {
      const losses = failures % 5;
      const outcome = decideOutcome(ending, { retry, failures, losses, outages: 0, random });
      expect(mayMove('active', outcome.state)).toBe(true);
      if (outcome.state === 'queued') expect(outcome.delayMs).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('a job that always fails ends after exactly its attempts', () => {
  fc.assert(
    fc.property(policies, (retry) => {
      let failures = 0;
      for (let attempt = 1; ; attempt++) {
        const outcome = decideOutcome(
          { thrown: new Error('no') },
          { retry, failures, losses: 0, outages: 0, random: 0 },
        );
        if (outcome.state === 'failed') {
          expect(attempt).toBe(retry.attempts);
          return;
        }
        failures = outcome.state === 'queued' ? outcome.failures : failures;
      }
    }),
  );
});

test('the wait grows with each failure, never above its cap, and jitter only shortens it', () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 100 }), chance, (policy, failures, random) => {
      const wait = backoffMs(policy, failures, random);
      const full = backoffMs(policy, failures, 0);
      expect(wait).toBeLessThanOrEqual(full);
      expect(wait).toBeGreaterThanOrEqual(Math.floor(full * (1 - policy.jitter)));
      expect(full).toBeLessThanOrEqual(durationMs(policy.upTo));
      expect(backoffMs(policy, failures + 1, 0)).toBeGreaterThanOrEqual(full);
    }),
  );
});

test('exponential backoff doubles: 10s, 20s, 40s', () => {
  const retry = {
    attempts: 9,
    backoff: 'exponential',
    from: '10s',
    upTo: '15m',
    jitter: 0.5,
  } as const;
  expect([1, 2, 3].map((failures) => backoffMs(retry, failures, 0))).toEqual([
    10_000, 20_000, 40_000,
  ]);
  expect(backoffMs(retry, 1, 1)).toBe(5000);
});

test('a snooze and a stop of the worker do not count as failures', () => {
  const retry = { attempts: 1, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } as const;
  const facts = { retry, failures: 0, losses: 0, outages: 0, random: 0 };
  expect(decideOutcome({ thrown: new Snooze('10m') }, facts)).toMatchObject({
    state: 'queued',
    failures: 0,
    delayMs: 600_000,
  });
  expect(decideOutcome({ thrown: new GiveBack() }, facts)).toMatchObject({
    state: 'queued',
    failures: 0,
    delayMs: 0,
  });
});

test('an outage of our own servers counts as no failure until ten follow on each other, and each waits longer', () => {
  const retry = { attempts: 2, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } as const;
  const thrown = new Failure('database.busy', { size: 4, seconds: 5 });
  let facts = { retry, failures: 0, losses: 0, outages: 0, random: 0 };
  const delays: number[] = [];
  let outcome = decideOutcome({ thrown }, facts);
  while (outcome.state === 'queued' && outcome.why === 'given back') {
    expect(outcome.failures).toBe(0);
    delays.push(outcome.delayMs);
    facts = { ...facts, outages: outcome.error.outages! };
    outcome = decideOutcome({ thrown }, facts);
  }
  expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000));
  expect(outcome).toMatchObject({ state: 'queued', why: 'retry', failures: 1 });
  expect((outcome as { error: RunError }).error.outages).toBeUndefined();
});

test('a server of somebody else that is away is a failure of the attempt', () => {
  const retry = { attempts: 2, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } as const;
  const thrown = new Failure('mail.unreadable', { id: 'x', reason: 'the disk is away' });
  expect(
    decideOutcome({ thrown }, { retry, failures: 0, losses: 0, outages: 0, random: 0 }),
  ).toMatchObject({ why: 'retry', failures: 1 });
});

test('a crash counts as a failure and as a loss, and the fifth loss sets the run aside', () => {
  const retry = { attempts: 9, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } as const;
  const thrown = new Failure('run.crashed', { how: 'exit code 3', output: 'no' });
  const facts = { retry, failures: 1, losses: 3, outages: 0, random: 0 };
  expect(decideOutcome({ thrown }, facts)).toMatchObject({
    state: 'queued',
    why: 'retry',
    failures: 2,
    losses: 4,
  });
  expect(decideOutcome({ thrown }, { ...facts, losses: 4 })).toMatchObject({
    state: 'failed',
    failures: 2,
    losses: 5,
    error: { code: 'run.abandoned', stack: expect.stringContaining('exit code 3') as string },
  });
  const last = { ...facts, failures: 8, losses: 0 };
  expect(decideOutcome({ thrown }, last)).toMatchObject({
    state: 'failed',
    losses: 1,
    error: { code: 'run.crashed' },
  });
});

test('what a retry cannot mend fails at once', () => {
  const retry = { attempts: 5, backoff: 'fixed', from: '1s', upTo: '1s', jitter: 0 } as const;
  const thrown = new Failure('payload.invalid', { job: 'digest', faults: 'limit: too big' });
  expect(
    decideOutcome({ thrown }, { retry, failures: 0, losses: 0, outages: 0, random: 0 }).state,
  ).toBe('failed');
});

test('a final state is left only by a retry, and success never', () => {
  for (const state of finalStates)
    expect(legalMoves[state]).toEqual(state === 'succeeded' ? [] : ['queued', 'blocked']);
  for (const state of runStates.filter((one) => !isFinal(one)))
    expect(legalMoves[state].some(isFinal)).toBe(true);
});

test('people see a queued run ahead of its time as scheduled, and after an attempt as retrying', () => {
  const ahead = { state: 'queued', runAt: new Date(now.getTime() + 1), error: null } as const;
  expect(shownState({ ...ahead, attempt: 0 }, now)).toBe('scheduled');
  expect(shownState({ ...ahead, attempt: 1 }, now)).toBe('retrying');
  expect(shownState({ ...ahead, runAt: now, attempt: 1 }, now)).toBe('queued');
  const error = { name: 'Sleeping', message: 'until tomorrow' };
  expect(shownState({ ...ahead, error, attempt: 1 }, now)).toBe('sleeping');
});

test('a run that only sleeps is queued for its time, one that waits for more is blocked, and neither has failed', () => {
  const waits = fc.record({
    what: fc.string(),
    isSleep: fc.boolean(),
    dueMs: fc.integer({ min: -10, max: 10_000 }),
  });
  fc.assert(
    fc.property(policies, fc.array(waits, { minLength: 1 }), chance, (retry, awaited, random) => {
      const facts = { retry, failures: 2, losses: 1, outages: 3, random };
      const outcome = decideOutcome({ thrown: new Suspended(awaited) }, facts);
      expect(outcome).toMatchObject({ why: 'waiting', failures: 2 });
      const onlySleeps = awaited.every(({ isSleep }) => isSleep);
      expect(outcome.state).toBe(onlySleeps ? 'queued' : 'blocked');
      if (outcome.state !== 'queued') return;
      const least = Math.min(...awaited.map(({ dueMs }) => dueMs));
      expect(outcome.delayMs).toBe(Math.max(0, least));
    }),
  );
});
