import { setTimeout as sleep } from 'node:timers/promises';
import type { Readings } from './exposition.ts';

/** The servers that a process needs, each with what asks it. */
export type Servers = Readonly<Record<string, () => Promise<unknown>>>;

/** Whether each server answers, and how fast. One that is still being asked is not asked once more. */
export function openPings(servers: Servers, patienceMs: number) {
  const asking = new Map<string, Promise<boolean>>();
  const found = new Map<string, { readonly up: boolean; readonly tookMs: number }>();

  function ask(server: string, ping: () => Promise<unknown>): Promise<boolean> {
    const known = asking.get(server);
    if (known) return known;
    const answer = ping()
      // That it is away is told in the log by whoever has its connection.
      .then(
        () => true,
        () => false,
      )
      .finally(() => asking.delete(server));
    asking.set(server, answer);
    return answer;
  }

  async function look(server: string, ping: () => Promise<unknown>): Promise<void> {
    const began = performance.now();
    const late = sleep(patienceMs, false, { ref: false });
    const up = await Promise.race([ask(server, ping), late]);
    found.set(server, { up, tookMs: performance.now() - began });
  }

  const readings: Readings = {
    nightshift_up: () =>
      [...found].map(([server, { up }]) => ({ labels: { server }, value: Number(up) })),
    nightshift_ping_seconds: () =>
      [...found]
        .filter(([, { up }]) => up)
        .map(([server, { tookMs }]) => ({ labels: { server }, value: tookMs / 1000 })),
  };
  return {
    refresh: () => Promise.all(Object.entries(servers).map(([name, ping]) => look(name, ping))),
    readings,
  };
}
