import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentReport } from '../http/index.ts';

/** Something that a process or the installation needs, and how it is asked. */
export interface Component {
  readonly name: string;
  /** False when the process does its work without it. */
  readonly isNeeded: boolean;
  /** What a person is to do when it is not well. */
  readonly todo: string;
  /** Throws what is wrong. */
  check(): unknown;
}

export const patienceMs = 2_000;

/** Asks a component; one that does not answer within two seconds is not well. */
export async function examine({
  name,
  isNeeded,
  todo,
  check,
}: Component): Promise<ComponentReport> {
  const began = performance.now();
  const latencyMs = () => Math.round((performance.now() - began) * 10) / 10;
  const late = sleep(patienceMs, undefined, { ref: false }).then(() => {
    throw new Error(`It did not answer within ${patienceMs / 1000} s.`);
  });
  try {
    await Promise.race([(async () => check())(), late]);
    return { name, state: 'ready', latencyMs: latencyMs() };
  } catch (error) {
    const state = isNeeded ? 'down' : 'degraded';
    return { name, state, latencyMs: latencyMs(), says: (error as Error).message, todo };
  }
}
