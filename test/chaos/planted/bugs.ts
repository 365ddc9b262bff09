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
        find: 'const bundle = await ledger.accept(run);',
        replace:
          'const bundle = [run]; setTimeout(() => void ledger.accept(run).catch(() => {}), 50); if (process) return { id: run.id, existing: false };',
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
        file: 'src/runtime/schedules/fire.ts',
        find: 'if (runs.length > 0) await acceptIn(tx, runs);',
        replace:
          "const apart = schedule.name === 'schedule-1'; if (runs.length > 0) await acceptIn(apart ? database : tx, runs); if (apart) await new Promise((resolve) => setTimeout(resolve, 2500));",
      },
      {
        file: 'src/runtime/schedules/fire.ts',
        find: "{ catalogue }: Pick<FiringServices, 'catalogue'>,",
        replace: '{ catalogue, database }: FiringServices & { database: Sql },',
      },
    ],
  },
  {
    name: 'moments-passed-over',
    promise: 'schedules: what came while nobody looked is passed over without a row',
    footprint: 'postgres',
    faults: ['Postgres restarted', 'control killed'],
    caughtBy: ['fired'],
    changes: [
      {
        file: 'src/core/firing.ts',
        find: 'due = timetable.next(due);',
        replace: 'due = timetable.next(now);',
      },
    ],
  },
  {
    name: 'overlap-unseen',
    promise: 'schedules: nobody looks whether the run before has ended',
    footprint: 'embedded',
    faults: ['worker frozen shortly'],
    caughtBy: ['overlap'],
    changes: [
      {
        file: 'src/runtime/schedules/fire.ts',
        find: 'isBusy: unfinished.length > 0,',
        replace: 'isBusy: unfinished.length < 0,',
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
        find: 'await acceptIn(asSql(options.tx), [run]);',
        replace: 'await acceptIn(ledger.database, [run]);',
      },
    ],
  },
  {
    name: 'key-free-while-queued',
    promise: 'unique: a run that waits, for a worker or its next attempt, does not keep its key',
    footprint: 'postgres',
    faults: ['worker frozen shortly'],
    jobs: ['flaky', 'lengthy'],
    caughtBy: ['unique'],
    changes: [
      {
        file: 'src/ledger/migrations/0007-unique.ts',
        find: 'when r.finished_at is null then k.until',
        replace: "when r.state = 'active' then k.until",
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
        find: '`(r.expires_at is null or r.expires_at > now() or r.attempt > 0)`',
        replace: '`true`',
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
    promise: 'pauses: neither a claim nor a worker looks at them, and only the queue was told',
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
        find: 'isPaused: (job) => isClosed || paused.has(job),',
        replace: 'isPaused: () => false,',
      },
      {
        file: 'src/runtime/pauses.ts',
        find: 'await orAway(() => queues.pause(pause.job));',
        replace: '',
      },
      {
        file: 'src/ledger/claim.ts',
        find: 'const isOpen = `(r.job',
        replace: 'const isOpen = `(true or r.job',
      },
    ],
  },
  {
    name: 'foreign-adopted-anew',
    promise: 'foreign producers: a job of theirs that comes again is taken for another one',
    footprint: 'cluster',
    faults: ['worker frozen shortly'],
    jobs: ['flaky', 'snoozing'],
    caughtBy: ['accepted once'],
    changes: [
      {
        file: 'src/runtime/foreign-delivery.ts',
        find: 'JSON.stringify([queue, id, String(timestamp)])',
        replace: 'JSON.stringify([queue, id, String(timestamp), performance.now()])',
      },
    ],
  },
  {
    name: 'children-left-behind',
    promise: 'children: a run goes on as soon as one of them has ended',
    footprint: 'postgres',
    faults: ['worker killed'],
    jobs: ['gathering', 'stepped'],
    caughtBy: ['children'],
    changes: [
      {
        file: 'src/core/fan-in.ts',
        find: "if (!states.every(isFinal)) return { is: 'pending' };",
        replace: "if (!states.some(isFinal)) return { is: 'pending' };",
      },
      {
        file: 'src/ledger/wakes.ts',
        find: 'not exists (select from nightshift.runs c where c.parent = w.run_id and c.parent_step = w.name and c.finished_at is null)',
        replace:
          'exists (select from nightshift.runs c where c.parent = w.run_id and c.finished_at is not null)',
      },
    ],
  },
  {
    name: 'end-of-child-unheard',
    promise: 'children: nobody is told that one of them has ended',
    footprint: 'postgres',
    faults: ['worker killed'],
    jobs: ['gathering', 'stepped'],
    caughtBy: ['ended'],
    changes: [
      {
        file: 'src/ledger/migrations/0009-children.ts',
        find: 'insert into nightshift.wakes (run_id, step, why) values (new.parent, new.parent_step, new.state);',
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
    name: 'bundle-is-a-unit',
    promise: 'bundles: runs that lost their worker together go again together',
    footprint: 'cluster',
    faults: ['worker killed'],
    jobs: ['bundled', 'lengthy'],
    caughtBy: ['alone'],
    changes: [
      {
        file: 'src/ledger/outbox.ts',
        find: 'r.failures + r.losses > 0 as alone',
        replace: 'false as alone',
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
    jobs: ['booking', 'lengthy', 'aloof', 'overtime'],
    caughtBy: ['fenced'],
    changes: [
      {
        file: 'src/runtime/holding.ts',
        find: 'signal.throwIfAborted(); const held =',
        replace: 'const held =',
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
        find: 'if (await ledger.record(ended)) return true;',
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
    name: 'slot-given-up-early',
    promise: 'limits: a slot is free again once a worker has begun the run',
    footprint: 'postgres',
    faults: ['worker killed'],
    jobs: ['rationed', 'tenanted'],
    caughtBy: ['limited'],
    changes: [
      {
        file: 'src/ledger/gates.ts',
        find: "or r.finished_at is not null or r.state = 'blocked')",
        replace: "or r.finished_at is not null or r.state <> 'queued')",
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
    promise: 'cancel works from anywhere: nobody tells the attempt, and its outcome is taken',
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
      // Else the next heartbeat finds out, mostly before the attempt ends.
      {
        file: 'src/runtime/held.ts',
        find: 'if (lost.has(nameOf(held)))',
        replace: 'if (lost.size < 0)',
      },
    ],
  },
];
