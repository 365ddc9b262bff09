import { listDuties } from '../../src/control/index.ts';
import { type Metrics, type MetricsOptions, openMetrics } from '../../src/monitoring/index.ts';
import { listMissed } from '../../src/runtime/index.ts';
import { readExposition, type Scraped } from './exposition.ts';
import type { TestRuntime } from './runtime.ts';

/** The metrics of a runtime, as a process has them. */
export function metricsOf(
  runtime: TestRuntime,
  changes: Partial<MetricsOptions> = {},
): Metrics & { read(): Promise<Scraped> } {
  const { database, queues, catalogue, announcements } = runtime;
  const metrics = openMetrics({
    build: { version: '1.2.3', node: 'v24', footprint: 'postgres', process: 'all' },
    jobs: catalogue.jobs.map(({ name }) => name),
    database,
    detectionMs: 15_000,
    listDuties,
    listMissed,
    servers: { postgres: () => database.query('select 1'), redis: () => queues.ping() },
    folders: { archive: '/' },
    listPools: () => (database.driver.kind === 'postgres' ? database.driver.listPools() : []),
    subscribe: announcements.subscribe,
    onError: (error) => void runtime.errors.push(error),
    ...changes,
  });
  return { ...metrics, read: async () => readExposition(await metrics.scrape()) };
}
