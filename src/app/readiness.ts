import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../core/sql.ts';
import type { ComponentReport, Health, Readiness } from '../http/index.ts';
import { listMissed, missedFailure } from '../runtime/index.ts';
import { type Component, examine, patienceMs } from './component.ts';
import { widerComponents } from './health.ts';
import type { ProcessKind, Share } from './kinds.ts';
import type { System } from './system.ts';

/** What a process knows of its own readiness, from its start to its end. */
export interface Watch {
  /** Asks every component now; one that does not answer within two seconds is down. */
  readiness(): Promise<Readiness>;
  /** The same, and how the rest of the installation is. */
  health(): Promise<Health>;
  /** From now on the share is asked by `check`, which throws what is wrong. */
  started(share: Share['name'], check: () => void): void;
  /** From now on nothing is ready. */
  stopping(): void;
}

/** Watches over database, queue and the shares of a process of this kind. */
export function openWatch(system: System, { answers, does }: ProcessKind): Watch {
  const { database, queues } = system;
  const checks = new Map<string, () => void>();
  let isStopping = false;
  const shares = does.map(
    ({ name }): Component => ({
      name,
      isNeeded: true,
      todo: shareTodo,
      check: () => checkShare(name),
    }),
  );
  const components: readonly Component[] = [
    {
      name: 'database',
      isNeeded: true,
      todo: databaseTodo,
      check: () => database.query('select 1'),
    },
    // Runs are accepted, planned and rescued without the queue; only who does nothing but run them is stuck.
    {
      name: 'queue',
      isNeeded: answers !== 'api' && does.every(({ name }) => name === 'worker'),
      todo: queueTodo,
      check: () => queues.ping(),
    },
    {
      name: 'schedules',
      isNeeded: false,
      todo: schedulesTodo,
      check: () => checkSchedules(database),
    },
    ...shares,
  ];

  function checkShare(name: string): void {
    const check = checks.get(name);
    if (!check) throw new Error('It is starting.');
    if (isStopping) throw new Error('It is stopping.');
    check();
  }

  const lookNear = shared(() => Promise.all(components.map(examine)));
  const lookWide = shared(() =>
    Promise.all([...components, ...widerComponents(system)].map(examine)),
  );
  const isReady = (found: readonly ComponentReport[]) =>
    !isStopping && found.every(({ state }) => state !== 'down');

  return {
    async readiness() {
      const found = await lookNear();
      return { ready: isReady(found), components: found.map(asReadiness) };
    },
    async health() {
      const found = await lookWide();
      const ready = isReady(found);
      const isWell = found.every(({ state }) => state === 'ready');
      return { state: ready ? (isWell ? 'up' : 'degraded') : 'down', ready, components: found };
    },
    started: (share, check) => void checks.set(share, check),
    stopping() {
      isStopping = true;
    },
  };
}

/** One look for all who ask while it is under way: whoever may reach the port may ask as often as they like. */
function shared<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

/** `/health/ready` is for machines that ask often: no more than what they go by. */
function asReadiness({ name, state, says }: ComponentReport) {
  return { name, state, ...(says !== undefined && { says }) };
}

const databaseTodo =
  'Start PostgreSQL or mend the way to it (DATABASE_URL); nightshift doctor says more. Work goes on by itself when it is back.';
const queueTodo =
  'Start Redis or mend the way to it (REDIS_URL). Runs are accepted meanwhile, and dispatched when it is back.';
const schedulesTodo =
  'Look whether a control process lives (nightshift doctor), and at the schedule: nightshift schedules list';
const shareTodo =
  'Wait while the process starts or stops; if it stays so, read its log and restart it.';

/**
 * Told by every process, since it is read from rows: that none fires may be because no control plane lives. A
 * database that is away is told of by itself.
 */
async function checkSchedules(sql: Sql): Promise<void> {
  const unknown = sleep(patienceMs / 2, [], { ref: false });
  const missed = await Promise.race([listMissed(sql).catch(() => []), unknown]);
  const [first] = missed;
  if (!first) return;
  const others = missed.length > 1 ? ` So it is with ${missed.length - 1} more.` : '';
  throw new Error(`${missedFailure(first).message}${others}`);
}
