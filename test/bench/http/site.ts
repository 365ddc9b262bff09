import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Database } from '../../../src/db/index.ts';
import { newId } from '../../../src/ledger/index.ts';
import { makeKey } from '../../support/keys.ts';
import { startProcess } from '../../support/process.ts';
import { findFreePort } from '../../support/server.ts';
import { until } from '../../support/until.ts';
import type { Settings } from '../contestants.ts';
import { openGroundDatabase } from '../ground.ts';
import { payload } from '../load.ts';
import { environmentOf, migrate } from '../processes.ts';
import { bundledNoOp, noOp } from './no-op.ts';

/** A server that takes runs, in a process of its own. */
export interface Site {
  readonly name: string;
  readonly port: number;
  /** What it is asked to run. */
  readonly job: string;
  /** Empty where no key is asked for. */
  readonly key: string;
  /** Throws unless as many runs were accepted since the last time; clears them away. */
  settle(size: number): Promise<void>;
}

/** A web process of the product with its usual settings, its log in a file, and a key that is not limited. */
export async function openSite(ground: Settings, stack: AsyncDisposableStack): Promise<Site> {
  await migrate(ground);
  const database = await openGroundDatabase(ground.databaseUrl);
  stack.defer(() => database.close());
  const { secret: key } = await makeKey(database, { ratePerMinute: 100_000_000 });
  const port = await findFreePort();
  startSiteProcess('web', { ...ground, port }, stack);
  await until(() => isReady(port), { timeoutMs: 60_000 });
  const queues = [noOp, bundledNoOp].map(({ name }) => openQueue(name, ground, stack));
  let first = newId();
  return {
    name: 'nightshift, authenticated and durable',
    port,
    job: noOp.name,
    key,
    async settle(size) {
      await requireAccepted(database, first, size);
      await database.query('truncate nightshift.runs');
      for (const queue of queues) await queue.obliterate({ force: true });
      first = newId();
    },
  };
}

/** Starts a `web` or `worker` process with the jobs of the bench. */
export function startSiteProcess(
  kind: 'web' | 'worker',
  ground: Settings & { readonly port?: number },
  stack: AsyncDisposableStack,
): void {
  const env = {
    ...environmentOf(ground),
    NIGHTSHIFT_LOG_FILE: join(ground.folder, `${kind}.log`),
    ...(ground.port !== undefined && { PORT: String(ground.port) }),
  };
  stack.use(startProcess(join(import.meta.dirname, 'site-process.ts'), [kind], { env }));
}

/** Fastify and `queue.add` alone. */
export async function openPeer(ground: Settings, stack: AsyncDisposableStack): Promise<Site> {
  const settings = { ...ground, prefix: `${ground.prefix}_peer` };
  const started = stack.use(
    startProcess(join(import.meta.dirname, 'peer-process.ts'), [JSON.stringify(settings)]),
  );
  const url = await started.said(/http:[^"]+/);
  const queue = openQueue(noOp.name, settings, stack);
  return {
    name: 'fastify + queue.add',
    port: Number(new URL(url).port),
    job: noOp.name,
    key: '',
    async settle(size) {
      const waiting = await queue.getWaitingCount();
      if (waiting !== size) throw new Error(`${waiting} of ${size} jobs are in the queue`);
      await queue.obliterate({ force: true });
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
  return answer?.status === 200;
}

function openQueue(
  job: string,
  { redisUrl, prefix }: Settings,
  stack: AsyncDisposableStack,
): Queue {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue(job, { connection, prefix });
  stack.defer(async () => {
    await queue.close();
    connection.disconnect();
  });
  return queue;
}

/** Every run that was answered has its row, with its whole payload. */
async function requireAccepted(database: Database, first: string, size: number): Promise<void> {
  const [row] = await database.query<{ right: number }>(
    `select count(*)::int as right from nightshift.runs
     where id > $1 and state = 'queued' and payload->>'text' = $2`,
    [first, payload.text],
  );
  if (row?.right !== size) throw new Error(`${row?.right} of ${size} runs are right in the ledger`);
}
