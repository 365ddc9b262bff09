import type { PoolUse } from '../db/index.ts';
import type { Readings, Sample } from './exposition.ts';

export function poolReadings(listPools: () => readonly PoolUse[]): Readings {
  const each = (read: (pool: PoolUse) => readonly Sample[]) => () => listPools().flatMap(read);
  return {
    nightshift_database_connections: each(({ name: pool, open, idle }) => [
      { labels: { pool, state: 'in_use' }, value: open - idle },
      { labels: { pool, state: 'idle' }, value: idle },
    ]),
    nightshift_database_connections_max: each(({ name: pool, most }) => [
      { labels: { pool }, value: most },
    ]),
    nightshift_database_pool_waiting: each(({ name: pool, waiting }) => [
      { labels: { pool }, value: waiting },
    ]),
  };
}
