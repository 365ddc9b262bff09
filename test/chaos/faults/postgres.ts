import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type FaultKind, footprintsWith, type Site } from './fault.ts';
import { killAtAccept } from './processes.ts';

const shared = {
  lane: 'servers',
  on: 'server',
  footprints: footprintsWith.postgres,
  lastsMs: () => [0, 1000],
} as const satisfies Partial<FaultKind>;

/** What happens to the database server. */
export const postgresFaults: readonly FaultKind[] = [
  {
    ...shared,
    name: 'Postgres restarted',
    strike: ({ place }, { lastsMs }) => restart(place, 'SIGINT', lastsMs),
  },
  {
    ...shared,
    name: 'Postgres killed',
    strike: ({ place }, { lastsMs }) => restart(place, 'SIGKILL', lastsMs),
  },
  {
    ...shared,
    name: 'Postgres killed at an accept',
    strike: (site, { lastsMs }) =>
      killAtAccept(site, {
        pid: site.place.postgres!.pid!,
        producer: site.fleet.slotsOf('web')[0]!,
        after: () => restart(site.place, 'SIGKILL', lastsMs),
      }),
  },
  {
    ...shared,
    name: 'Postgres connections dropped',
    strike: ({ place }) =>
      query(
        place,
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
      ),
  },
];

async function restart(
  { postgres }: Site['place'],
  signal: NodeJS.Signals,
  lastsMs: number,
): Promise<void> {
  await postgres!.stop(signal);
  await sleep(lastsMs);
  await postgres!.start();
}

async function query({ postgres }: Site['place'], text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres!.url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
