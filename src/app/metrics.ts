import manifest from '../../package.json' with { type: 'json' };
import { listDuties } from '../control/index.ts';
import type { Metrics } from '../monitoring/index.ts';
import { listMissed } from '../runtime/index.ts';
import { foldersOf } from './health.ts';
import type { ProcessKind } from './kinds.ts';
import type { System } from './system.ts';

/** The metrics of a process of this kind, from now until the system closes. */
export async function startMetrics(system: System, kind: ProcessKind): Promise<Metrics> {
  const { openMetrics } = await import('../monitoring/index.ts');
  const { config, database, queues, catalogue, announcements } = system;
  const { driver } = database;
  const metrics = openMetrics({
    build: {
      version: manifest.version,
      node: process.version,
      footprint: config.footprint,
      process: kind.name,
    },
    jobs: catalogue.jobs.map(({ name }) => name),
    database,
    detectionMs: config.runtime.detectionMs,
    listDuties,
    listMissed,
    servers: {
      [driver.kind]: () => database.query('select 1'),
      ...(config.queue.redisUrl !== undefined && { redis: () => queues.ping() }),
    },
    folders: foldersOf(config),
    listPools: () => (driver.kind === 'postgres' ? driver.listPools() : []),
    subscribe: announcements.subscribe,
    onError: system.onError,
  });
  system.onClose(() => Promise.resolve(metrics.close()));
  return metrics;
}
