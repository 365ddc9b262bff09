import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from '../core/sql.ts';
import type { ComponentHealth, Readiness } from '../http/index.ts';
import { listMissed, missedFailure } from '../runtime/index.ts';
import type { ProcessKind, Share } from './kinds.ts';
import type { System } from './system.ts';

/** What a process knows of its own readiness, from its start to its end. */
export interface Watch {
  /** Asks every component now; one that does not answer within two seconds is down. */
  readiness(): Promise<Readiness>;
  /** From now on the share is asked by `check`, which throws what is wrong. */
  started(share: Share['name'], check: () => void): void;
  /** From now on nothing is ready. */
  stopping(): void;
}

interface Component {
  readonly name: string;
  /** False when the process does its work without it. */
  readonly isNeeded: boolean;
  check(): unknown;
}

/** Watches over database, queue and the shares of a process of this kind. */
export function openWatch({ database, queues }: System, { answers, does }: ProcessKind): Watch {
  const checks = new Map<string, () => void>();
  let isStopping = false;
  const shares = does.map(
    ({ name }): Component => ({ name, isNeeded: true, check: () => checkShare(name) }),
  );
  const components: readonly Component[] = [
    { name: 'database', isNeeded: true, check: () => database.query('select 1') },
    // Runs are accepted, planned and rescued without the queue; only who does nothing but run them is stuck.
    {
      name: 'queue',
      isNeeded: answers !== 'api' && does.every(({ name }) => name === 'worker'),
      check: () => queues.ping(),
    },
    { name: 'schedules', isNeeded: false, check: () => checkSchedules(database) },
    ...shares,
  ];

  function checkShare(name: string): void {
    const check = checks.get(name);
    if (!check) throw new Error('It is starting.');
    if (isStopping) throw new Error('It is stopping.');
    check();
  }

  return {
    async readiness() {
      const found = await Promise.all(components.map(examine));
      return {
        ready: !isStopping && found.every(({ state }) => state !== 'down'),
        components: found,
      };
    },
    started: (share, check) => void checks.set(share, check),
    stopping() {
      isStopping = true;
    },
  };
}

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

const patienceMs = 2_000;

async function examine({ name, isNeeded, check }: Component): Promise<ComponentHealth> {
  const late = sleep(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error(`It did not answer within ${patienceMs / 1000} s.`);
  });
  try {
    await Promise.race([(async () => check())(), late]);
    return { name, state: 'ready' };
  } catch (error) {
    return { name, state: isNeeded ? 'down' : 'degraded', says: (error as Error).message };
  }
}
