/** Says what is worth saying about servers that go away: one line when, one a minute while, one when they are back. */
export interface Outages {
  /** `fault` says why `server` does not answer; undefined says that it does again. */
  hear(server: string, fault: string | undefined): void;
}

export interface OutagesOptions {
  warn(line: string): void;
  info(line: string): void;
  /** Milliseconds, of any clock that does not go back. */
  now(): number;
}

interface Outage {
  readonly since: number;
  saidAt: number;
}

const reminderMs = 60_000;

export function openOutages({ warn, info, now }: OutagesOptions): Outages {
  const outages = new Map<string, Outage>();

  function hearAway(server: string, fault: string): void {
    const outage = outages.get(server);
    if (!outage) {
      outages.set(server, { since: now(), saidAt: now() });
      warn(`${server} does not answer: ${fault}`);
    } else if (now() - outage.saidAt >= reminderMs) {
      outage.saidAt = now();
      warn(`${server} still does not answer, for ${secondsSince(outage)} s now: ${fault}`);
    }
  }

  function hearBack(server: string): void {
    const outage = outages.get(server);
    if (!outage) return;
    outages.delete(server);
    info(`${server} answers again, after ${secondsSince(outage)} s`);
  }

  function secondsSince({ since }: Outage): number {
    return Math.round((now() - since) / 1000);
  }

  return {
    hear: (server, fault) => (fault === undefined ? hearBack(server) : hearAway(server, fault)),
  };
}
