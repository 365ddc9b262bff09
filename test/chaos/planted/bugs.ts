import type { Invariant } from '../checks/violation.ts';
import type { ChaosJobName } from '../jobs.ts';
import type { ChaosFootprint } from '../place.ts';

/** A bug of the kind that somebody might really write, and what must become of it. */
export interface Bug {
  readonly name: string;
  /** The promise that it breaks. */
  readonly promise: string;
  readonly footprint: ChaosFootprint;
  /** What has to happen for it to show. */
  readonly faults: readonly string[];
  /** What has to be at work then; everything, when left out. */
  readonly jobs?: readonly ChaosJobName[];
  /** Any of these gives it away. */
  readonly caughtBy: readonly Invariant[];
  readonly changes: readonly Change[];
}

/** `find` stands once in the file, up to white space; else the bug has to be planted anew. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** At least one for each promise. */
export const bugs: readonly Bug[] = [
  {
    name: 'accepted-before-commit',
    promise: 'accepted means committed: enqueue does not wait for the commit',
    footprint: 'postgres',
    faults: ['Postgres killed at an accept', 'web killed at an accept'],
    caughtBy: ['kept'],
    changes: [
      {
        file: 'src/runtime/enqueue.ts',
        find: 'await ledger.accept(run);',
        replace:
          'setTimeout(() => void ledger.accept(run).catch(() => {}), 50); if (process) return run.id;',
      },
    ],
  },
  {
    name: 'commit-not-on-disk',
    promise: 'accepted means committed: commits do not wait for the disk',
    footprint: 'postgres',
    faults: ['Postgres killed at an accept'],
    caughtBy: ['kept'],
    changes: [
      {
        file: 'src/db/postgres-pool.ts',
        find: "`set timezone to 'UTC'`,",
        replace: "`set timezone to 'UTC'`, 'set synchronous_commit to off',",
      },
    ],
  },
  {
    name: 'run-outside-transaction',
    promise: 'transactional: the run of a firing does not join its transaction',
    footprint: 'postgres',
    faults: ['Postgres connections dropped', 'control killed'],
    caughtBy: ['fired'],
    changes: [
      {
        file: 'src/runtime/schedules.ts',
        find: 'await enqueueIn(tx, run);',
        replace:
          'await enqueueIn(sql, run); await new Promise((resolve) => setTimeout(resolve, 1000));',
      },
    ],
  },
  {
    name: 'enqueue-outside-transaction',
    promise: 'transactional: enqueue with tx does not join the transaction',
    footprint: 'postgres',
    faults: ['worker frozen shortly'],
    caughtBy: ['all or nothing'],
    changes: [
      {
        file: 'src/runtime/enqueue.ts',
        find: 'await acceptRuns(asSql(options.tx), [run]);',
        replace: 'await acceptRuns(ledger.database, [run]);',
      },
    ],
  },
  {
    name: 'sql-function-unchecked',
    promise: 'transactional: what the SQL function accepts is dispatched unseen',
    footprint: 'embedded',
    faults: ['worker frozen shortly'],
    caughtBy: ['right end'],
    changes: [
      {
        file: 'src/runtime/admission.ts',
        find: 'rows.filter((row) => row.unchecked).map(',
        replace: 'rows.slice(rows.length).map(',
      },
    ],
  },
  {
    name: 'expiry-overlooked',
    promise: 'dispatched: a claim does not look whether the run has expired',
    footprint: 'postgres',
    faults: ['worker frozen shortly'],
    jobs: ['stepped'],
    caughtBy: ['not late'],
    changes: [
      {
        file: 'src/ledger/claim.ts',
        find: 'and (r.expires_at is null or r.expires_at > now() or r.attempt > 0)',
        replace: '',
      },
      // Not the bug: the duty would often come first.
      {
        file: 'src/runtime/expiry.ts',
        find: 'periodSeconds: 5,',
        replace: 'periodSeconds: 50,',
      },
    ],
  },
  {
    name: 'pause-unheard',
    promise: 'pauses: a worker does not look at them, and only the queue was told',
    footprint: 'cluster',
    faults: ['Redis flushed'],
    jobs: ['stepped'],
    caughtBy: ['paused'],
    changes: [
      {
        file: 'src/runtime/pauses.ts',
        find: "const now = paused.has(job) ? 'rests' : 'takes';",
        replace: "const now: 'rests' | 'takes' = 'takes';",
      },
      {
        file: 'src/runtime/pauses.ts',
        find: 'isPaused: (job) => paused.has(job),',
        replace: 'isPaused: () => false,',
      },
      {
        file: 'src/runtime/pauses.ts',
        find: 'await orAway(() => queues.pause(pause.job));',
        replace: '',
      },
    ],
  },
  {
    name: 'claim-takes-anything',
    promise: 'dispatched: a claim does not look whether the run still waits',
    footprint: 'postgres',
    faults: ['worker killed'],
    caughtBy: ['one end', 'fenced', 'right end'],
    changes: [
      {
        file: 'src/ledger/claim.ts',
        find: "where r.id = wanted.run and r.delivery = wanted.delivery and r.state = 'queued'",
        replace: 'where r.id = wanted.run and r.delivery = wanted.delivery',
      },
    ],
  },
  {
    name: 'outcome-not-fenced',
    promise: 'fencing: an outcome is taken from whichever attempt',
    footprint: 'postgres',
    faults: ['worker frozen until its run is taken'],
    jobs: ['aloof', 'lengthy'],
    caughtBy: ['right end', 'told truly', 'one end'],
    changes: [
      {
        file: 'src/ledger/record.ts',
        find: "r.id = e.id and r.delivery = e.delivery and r.attempt = e.attempt and r.state = 'active'",
        replace: "r.id = e.id and r.state = 'active'",
      },
    ],
  },
  {
    name: 'sql-not-fenced',
    promise: 'fencing: what a handler writes through ctx is not checked',
    footprint: 'postgres',
    faults: ['worker frozen until its run is taken'],
    jobs: ['booking', 'lengthy', 'aloof'],
    caughtBy: ['fenced'],
    changes: [
      {
        file: 'src/runtime/holding.ts',
        find: 'signal.throwIfAborted(); return database.transaction(',
        replace: 'return database.transaction(',
      },
      {
        file: 'src/runtime/holding.ts',
        find: 'await holdRun(tx, fence); const result = await work(tx); signal.throwIfAborted();',
        replace: 'const result = await work(tx);',
      },
    ],
  },
  {
    name: 'told-before-stored',
    promise: 'done means stored: the end is told before the outcome is committed',
    footprint: 'postgres',
    faults: ['Postgres killed', 'worker frozen beyond detection'],
    caughtBy: ['told truly', 'ended'],
    changes: [
      {
        file: 'src/runtime/attempt.ts',
        find: 'return await ledger.record(ended);',
        replace: 'void ledger.record(ended).catch(() => {}); return true;',
      },
    ],
  },
  {
    name: 'steps-forgotten',
    promise: 'steps are remembered: a retry does not look for them',
    footprint: 'embedded',
    faults: ['worker killed'],
    caughtBy: ['remembered', 'right end', 'ended'],
    changes: [
      {
        file: 'src/runtime/holding.ts',
        find: 'attempt > 1 ? await listSteps(database, run) : []',
        replace: 'attempt > 1e9 ? await listSteps(database, run) : []',
      },
    ],
  },
  {
    name: 'effect-outside-transaction',
    promise: 'steps are remembered: the SQL of a transaction commits by itself',
    footprint: 'postgres',
    faults: ['worker killed'],
    caughtBy: ['together'],
    changes: [
      {
        file: 'src/runtime/holding.ts',
        find: 'if (open) return tx.query(text, values);',
        replace: 'if (open && tx) return outside.query(text, values);',
      },
      {
        file: 'src/runtime/holding.ts',
        find: 'guard(tx, signal).during(',
        replace: 'guard(tx, signal, database).during(',
      },
      {
        file: 'src/runtime/holding.ts',
        find: 'function guard(tx: Sql, signal: AbortSignal) {',
        replace: 'function guard(tx: Sql, signal: AbortSignal, outside: Sql) {',
      },
    ],
  },
  {
    name: 'lost-queue-unnoticed',
    promise: 'Redis is disposable: nobody looks for what the queue has lost',
    footprint: 'cluster',
    faults: ['Redis flushed'],
    caughtBy: ['ended'],
    changes: [
      {
        file: 'src/runtime/lost.ts',
        find: 'return runs.length === 0 ? 0 :',
        replace: 'return runs.length >= 0 ? 0 :',
      },
    ],
  },
  {
    name: 'heartbeat-by-own-clock',
    promise: 'death is one thing: a heartbeat carries the time of its process',
    footprint: 'postgres',
    faults: ['worker clock jumped'],
    caughtBy: ['alive'],
    changes: [
      {
        file: 'src/ledger/workers.ts',
        find: 'set heartbeat_at = now(), released_at = null',
        replace:
          "set heartbeat_at = '${new Date().toISOString()}'::timestamptz, released_at = null",
      },
      // Not the bug: rescue has to come by while the clock is wrong.
      {
        file: 'src/runtime/rescue.ts',
        find: 'const periodSeconds = 5;',
        replace: 'const periodSeconds = 1;',
      },
    ],
  },
  {
    name: 'detection-too-eager',
    promise: 'death is one thing: a redelivery takes the run whatever the heartbeat',
    footprint: 'postgres',
    faults: ['worker frozen beyond detection'],
    caughtBy: ['alive'],
    changes: [
      {
        file: 'src/ledger/workers.ts',
        find: "${row}.heartbeat_at <= now() - ${ms} * interval '1 millisecond'",
        replace: "${row}.started_at <= now() - ${ms} * interval '1 millisecond'",
      },
    ],
  },
  {
    name: 'timeout-ignored',
    promise: 'a timed-out attempt is over: nobody waits for its signal',
    footprint: 'embedded',
    faults: ['worker killed'],
    caughtBy: ['right end'],
    changes: [
      {
        file: 'src/runtime/attempt.ts',
        find: "() => control.abort(new Failure('run.timeout', { timeout: job.timeout })),",
        replace: '() => {},',
      },
    ],
  },
  {
    name: 'child-not-killed',
    promise:
      'a timed-out attempt is over: a process of its own that ignores the signal is left alone',
    footprint: 'postgres',
    faults: ['worker frozen shortly'],
    jobs: ['stubborn', 'quick'],
    caughtBy: ['gone'],
    changes: [
      {
        file: 'src/runtime/isolation/isolated.ts',
        find: 'timer ??= setTimeout(child.kill, durationMs(job.killAfter));',
        replace: 'timer ??= setTimeout(() => {}, durationMs(job.killAfter));',
      },
    ],
  },
  {
    name: 'cancel-overtaken',
    promise: 'cancel works from anywhere: the outcome of a cancelled attempt is taken',
    footprint: 'postgres',
    faults: ['worker frozen shortly'],
    jobs: ['aloof'],
    caughtBy: ['one end', 'told truly', 'right end'],
    changes: [
      {
        file: 'src/ledger/record.ts',
        find: "r.attempt = e.attempt and r.state = 'active'",
        replace: "r.attempt = e.attempt and r.state in ('active', 'cancelled')",
      },
      {
        file: 'src/ledger/cancel.ts',
        find: "then pg_notify('nightshift_cancel', id::text) end",
        replace: 'then null end',
      },
    ],
  },
];
