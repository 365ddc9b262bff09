import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { until } from '../../support/until.ts';
import type { ChaosPlace } from '../place.ts';
import { type Fault, type FaultKind, footprintsWith, type Site } from './fault.ts';

const { anything, postgres } = footprintsWith;

const short = (): readonly [number, number] => [100, 1000];
const beyondDetection = (detectionMs: number) => [detectionMs + 500, detectionMs + 2500] as const;

type Placed = Pick<FaultKind, 'name' | 'on' | 'footprints'>;

/** What happens to one process. */
export const processFaults: readonly FaultKind[] = [
  kill({ name: 'worker killed', on: 'worker', footprints: anything }),
  kill({ name: 'control killed', on: 'control', footprints: postgres }),
  kill({ name: 'web killed', on: 'web', footprints: postgres }),
  freeze({ name: 'worker frozen shortly', on: 'worker', footprints: anything }, short),
  freeze(
    { name: 'worker frozen beyond detection', on: 'worker', footprints: anything },
    beyondDetection,
  ),
  {
    name: 'worker frozen until its run is taken',
    on: 'worker',
    footprints: postgres,
    lane: 'processes',
    lastsMs: (detectionMs) => [detectionMs + 5000, detectionMs + 8000],
    async strike({ fleet, slot, place }, { lastsMs }) {
      fleet.signal(slot, 'SIGSTOP');
      await untilTaken(place, fleet.workerOf(slot), lastsMs);
      fleet.signal(slot, 'SIGCONT');
    },
  },
  freeze({ name: 'control frozen shortly', on: 'control', footprints: postgres }, short),
  freeze(
    { name: 'control frozen beyond detection', on: 'control', footprints: postgres },
    beyondDetection,
  ),
  freeze({ name: 'web frozen shortly', on: 'web', footprints: postgres }, short),
  {
    name: 'worker blocked by a handler',
    on: 'worker',
    footprints: anything,
    lane: 'processes',
    lastsMs: beyondDetection,
    async strike({ fleet, slot }, { lastsMs }) {
      fleet.tell(slot, { kind: 'block', ms: lastsMs });
      await sleep(lastsMs);
    },
  },
  jump({ name: 'worker clock jumped', on: 'worker', footprints: postgres }),
  jump({ name: 'control clock jumped', on: 'control', footprints: postgres }),
  jump({ name: 'web clock jumped', on: 'web', footprints: postgres }),
  {
    name: 'web killed at an accept',
    on: 'web',
    footprints: anything,
    lane: 'processes',
    lastsMs: () => [0, 300],
    strike: (site, fault) =>
      killAtAccept(site, {
        pid: site.fleet.pidOf(site.slot),
        producer: site.slot,
        async after() {
          await site.fleet.kill(site.slot);
          await sleep(fault.lastsMs);
          await site.fleet.start(site.slot);
        },
      }),
  },
];

/** Has a producer kill `pid` right after its next `enqueue` resolved; the moment between an answer and what it says. */
export async function killAtAccept(
  { fleet }: Site,
  aim: { readonly pid: number; readonly producer: number; after(): Promise<void> },
): Promise<number> {
  if (fleet.pidOf(aim.producer) === aim.pid) fleet.expectDeath(aim.producer);
  const struck = fleet.hear(aim.producer, 'struck', 3000);
  fleet.tell(aim.producer, { kind: 'kill at accept', pid: aim.pid });
  await struck;
  const at = Date.now();
  await aim.after();
  return at;
}

function kill(placed: Placed): FaultKind {
  return {
    ...placed,
    lane: 'processes',
    lastsMs: () => [0, 400],
    async strike({ fleet, slot }, { lastsMs }) {
      await fleet.kill(slot);
      await sleep(lastsMs);
      await fleet.start(slot);
    },
  };
}

function freeze(placed: Placed, lastsMs: FaultKind['lastsMs']): FaultKind {
  return {
    ...placed,
    lane: 'processes',
    lastsMs,
    async strike({ fleet, slot }, fault) {
      fleet.signal(slot, 'SIGSTOP');
      await sleep(fault.lastsMs);
      fleet.signal(slot, 'SIGCONT');
    },
  };
}

function jump(placed: Placed): FaultKind {
  return {
    ...placed,
    lane: 'processes',
    lastsMs: (detectionMs) => [detectionMs, detectionMs + 1000],
    async strike({ fleet, slot }, fault) {
      fleet.tell(slot, { kind: 'jump', offMs: drawJump(fault) });
      await sleep(fault.lastsMs);
      fleet.tell(slot, { kind: 'jump', offMs: 0 });
    },
  };
}

/** Hours, forward or back. */
function drawJump({ choice }: Fault): number {
  const hours = 1 + Math.floor(choice * 10) / 2;
  return (choice < 0.5 ? -hours : hours) * 3_600_000;
}

/** Resolves once another worker is at work on a run that `worker` had, or after `timeoutMs`. */
async function untilTaken(
  { postgres: server }: ChaosPlace,
  worker: string,
  timeoutMs: number,
): Promise<void> {
  const isTaken = async () => {
    const client = new pg.Client({ connectionString: server!.url, query_timeout: 1000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rowCount } = await client.query(taken, [worker]);
      return rowCount! > 0;
    } catch {
      return false; // it is away just now, and comes back
    } finally {
      await client.end().catch(() => {});
    }
  };
  await until(isTaken, { timeoutMs, everyMs: 100 }).catch(() => {});
}

const taken = `select from nightshift.runs r where r.state = 'active' and r.worker <> $1 and exists (
  select from chaos.history h where h.run = r.id and h.worker = $1 and h.moved_to = 'active' and h.attempt = r.attempt - 1)`;
