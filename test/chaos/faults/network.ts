import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import type { Link } from '../place.ts';
import { type FaultKind, footprintsWith } from './fault.ts';

type Way = 'toPostgres' | 'toRedis';

/** What happens to the network between one process and a server. */
export const networkFaults: readonly FaultKind[] = (['toPostgres', 'toRedis'] as const).flatMap(
  (way) => [
    spoil(way, 'cut', (proxy) => proxy.cut()),
    spoil(way, 'stalled', (proxy) => proxy.stall()),
    spoil(way, 'slow', (proxy) => proxy.delay(150)),
  ],
);

function spoil(way: Way, how: string, begin: (proxy: TcpProxy) => void): FaultKind {
  const isPostgres = way === 'toPostgres';
  return {
    name: `network to ${isPostgres ? 'Postgres' : 'Redis'} ${how}`,
    lane: 'servers',
    on: 'worker',
    footprints: footprintsWith[isPostgres ? 'postgres' : 'redis'],
    lastsMs: (detectionMs) => [500, detectionMs + 1500],
    async strike({ fleet, slot }, { lastsMs }) {
      const proxy = proxyOf(fleet.linkOf(slot), way);
      begin(proxy);
      await sleep(lastsMs);
      proxy.restore();
    },
  };
}

function proxyOf(link: Link, way: Way): TcpProxy {
  const proxy = link[way];
  if (!proxy) throw new Error(`there is no network ${way} on this footprint`);
  return proxy;
}
