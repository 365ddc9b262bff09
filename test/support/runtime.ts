import { productMigrations } from '../../src/app/database.ts';
import { type Audit, openAudit } from '../../src/audit/index.ts';
import { type Auth, openAuth } from '../../src/auth/index.ts';
import type { Archive } from '../../src/core/archive.ts';
import { Failure } from '../../src/core/errors.ts';
import type { AnyJob } from '../../src/core/job.ts';
import { collectRoles } from '../../src/core/roles.ts';
import type { Sql } from '../../src/core/sql.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/db/index.ts';
import { type Ledger, openLedger, plantGates } from '../../src/ledger/index.ts';
import { openQueues, type Queues } from '../../src/queue/index.ts';
import {
  type Announcements,
  type Artifacts,
  type Catalogue,
  type Enqueuer,
  type Gates,
  openAnnouncements,
  openArtifacts,
  openCatalogue,
  openEnqueuer,
  openGates,
  startWorker,
  type Worker,
} from '../../src/runtime/index.ts';
import { openMemoryArchive } from '../../src/testing/memory-archive.ts';
import { type Footprint, openTestFootprint, type TestFootprint } from './footprint.ts';

export { jobOf } from './job.ts';

/** Ledger, queues and enqueuer on one footprint, with workers on demand. */
export interface TestRuntime extends AsyncDisposable {
  readonly place: TestFootprint;
  readonly database: Database;
  readonly auth: Auth;
  readonly audit: Audit;
  readonly queues: Queues;
  readonly ledger: Ledger;
  readonly enqueuer: Enqueuer;
  readonly gates: Gates;
  readonly catalogue: Catalogue;
  readonly announcements: Announcements;
  readonly archive: Archive;
  readonly artifacts: Artifacts;
  /** A worker in this process, stopped with the rest. */
  work(options?: { readonly concurrency?: number }): Promise<Worker>;
  /** What went wrong, but for what a worker says of a slow machine. */
  readonly errors: unknown[];
}

export interface RuntimeOptions {
  /** Where another runtime is already; it stays that one's to dispose. */
  readonly place?: TestFootprint;
  /** Another way to the same database. */
  readonly database?: DatabaseOptions;
  /** The file that the processes of isolated attempts start with. */
  readonly child?: URL;
  /** The queues are on this Redis instead of the one that tests share. */
  readonly redisUrl?: string;
  readonly detectionMs?: number;
  /** What another runtime keeps large results in, too. */
  readonly archive?: Archive;
}

export const detectionMs = 2000;

/** Bytes of a payload in tests. */
export const payloadLimit = 64 * 1024;

export async function openTestRuntime(
  footprint: Footprint,
  jobs: readonly AnyJob[],
  options: RuntimeOptions = {},
): Promise<TestRuntime> {
  const { child, detectionMs: ms = detectionMs } = options;
  const place = options.place ?? (await openTestFootprint(footprint, productMigrations));
  const database = await openDatabase(options.database ?? place.database);
  const errors: unknown[] = [];
  const onError = (error: unknown) => {
    if (!isLateBeat(error)) errors.push(error);
  };
  const { prefix } = place;
  const redisUrl = options.redisUrl ?? place.redisUrl;
  const queues = await openQueues({ database, prefix, onError, ...(redisUrl && { redisUrl }) });
  const auth = openAuth({ database, roles: collectRoles(), ratePerMinute: 12_000, onError });
  const audit = openAudit({ database, onError });
  const announcements = openAnnouncements();
  const ledger = openLedger(database, {
    detectionMs: ms,
    onCommit: (commit) => announcements.announce({ kind: 'committed', ...commit }),
  });
  const catalogue = openCatalogue(jobs, { payloadLimit });
  const now = () => new Date();
  const archive = options.archive ?? openMemoryArchive();
  const artifacts = openArtifacts({ archive });
  const services = {
    artifacts,
    ledger,
    queues,
    catalogue,
    announcements,
    providers: { database: ({ sql }: { sql: Sql }) => sql },
    now,
    random: Math.random,
    ...(child && {
      children: { entry: child, setup: {}, mayTransact: footprint !== 'embedded' },
    }),
  };
  await plantGates(database, jobs);
  const gates = openGates({ database, queues, catalogue, announcements, onError });
  await gates.listen();
  const workers: Worker[] = [];
  return {
    place,
    database,
    auth,
    audit,
    queues,
    ledger,
    catalogue,
    announcements,
    errors,
    archive,
    artifacts,
    enqueuer: openEnqueuer({ catalogue, ledger, queues, gates }),
    gates,
    async work({ concurrency = 10 } = {}) {
      const worker = await startWorker({
        services,
        database,
        jobs,
        concurrency,
        heartbeatSeconds: 1,
        onError,
      });
      workers.push(worker);
      return worker;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop(0)));
      await gates.close();
      await auth.close();
      await audit.close();
      await queues.close();
      await database.close();
      if (!options.place) await place[Symbol.asyncDispose]();
    },
  };
}

function isLateBeat(error: unknown): boolean {
  return error instanceof Failure && error.code === 'worker.beat_late';
}
