import { collectDefaultMetrics } from 'prom-client';
import type { Commit, PoolUse } from '../db/index.ts';
import { openCommitTally } from './commit-tally.ts';
import { diskReadings, type Rooms, readRooms } from './disk-readings.ts';
import { type Readings, Registry, register } from './exposition.ts';
import {
  type Installation,
  type InstallationSources,
  installationReadings,
  readInstallation,
} from './installation.ts';
import { openPings, type Servers } from './pings.ts';
import { poolReadings } from './pools.ts';
import { type Counted, openRunTally } from './run-tally.ts';
import { openSnapshot, type Taken } from './snapshot.ts';

/** The metrics of this process. */
export interface Metrics {
  readonly contentType: string;
  /** The text of a scrape, within about two seconds, whatever is away. */
  scrape(): Promise<string>;
  /** Counts no more. */
  close(): void;
}

export interface MetricsOptions extends InstallationSources {
  /** The labels of `nightshift_build_info`. */
  readonly build: Readonly<Record<'version' | 'node' | 'footprint' | 'process', string>>;
  /** The names that may be a label. */
  readonly jobs: readonly string[];
  readonly servers: Servers;
  /** Folders whose room is measured, by the name they are given. */
  readonly folders: Readonly<Record<string, string>>;
  listPools(): readonly PoolUse[];
  /** Calls `hear` for what happens in this process until the answered function is called. */
  subscribe(
    hear: (
      said: Counted | ({ readonly kind: 'committed' } & Commit) | { readonly kind: 'stepped' },
    ) => void,
  ): () => void;
  onError(error: unknown): void;
}

/** No scrape waits longer for a server or a disk. */
const patienceMs = 2_000;

/** Between two looks at the whole installation, however many scrape. */
const freshMs = 5_000;

/** Counts what is announced from now on, and reads the rest when it is scraped. */
export function openMetrics(options: MetricsOptions): Metrics {
  const { build, jobs, onError } = options;
  const runs = openRunTally(jobs);
  const commits = openCommitTally();
  const pings = openPings(options.servers, patienceMs);
  const snapshots = openSnapshots(options);
  const unsubscribe = options.subscribe((said) => {
    if (said.kind === 'committed') commits.hear(said);
    else if (said.kind !== 'stepped') runs.hear(said);
  });
  const registry = openRegistry({
    nightshift_build_info: () => [{ labels: build, value: 1 }],
    ...runs.readings,
    ...commits.readings,
    ...pings.readings,
    ...poolReadings(options.listPools),
    ...snapshots.readings,
  });
  return {
    contentType: registry.contentType,
    async scrape() {
      await Promise.all([pings.refresh(), snapshots.refresh()]).catch(onError);
      return registry.metrics();
    },
    close: unsubscribe,
  };
}

function openSnapshots(options: MetricsOptions) {
  const { jobs, onError } = options;
  const shared = { freshMs, patienceMs, onError };
  const takeInstallation = openSnapshot({ take: () => readInstallation(options), ...shared });
  const takeRooms = openSnapshot({ take: () => readRooms(options.folders), ...shared });
  let installation: Taken<Installation> | undefined;
  let rooms: Taken<Rooms> | undefined;
  const readings: Readings = {
    ...installationReadings(jobs, () => installation),
    ...diskReadings(() => rooms),
  };
  return {
    readings,
    async refresh() {
      [installation, rooms] = await Promise.all([takeInstallation(), takeRooms()]);
    },
  };
}

/** With the metrics of Node, but those whose names break Prometheus's conventions: gauges that are called a total. */
function openRegistry(readings: Readings): Registry {
  const registry = new Registry();
  register(registry, readings);
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray())
    if (/^nodejs_active_\w+_total$/.test(name)) registry.removeSingleMetric(name);
  return registry;
}
