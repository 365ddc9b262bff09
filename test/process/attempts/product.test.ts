import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../../config/index.ts';
import { mailTriage } from '../../../jobs/index.ts';
import { productMigrations } from '../../../src/app/database.ts';
import { childProcessesOf, openProviders } from '../../../src/app/providers.ts';
import type { AnyJob } from '../../../src/core/job.ts';
import { findRun, insertRuns, listSteps, openLedger } from '../../../src/ledger/index.ts';
import {
  attemptRun,
  newRun,
  openAnnouncements,
  openArtifacts,
  openCatalogue,
} from '../../../src/runtime/index.ts';
import { openIdleQueues } from '../../../src/testing/idle-queues.ts';
import { openMemoryArchive } from '../../../src/testing/memory-archive.ts';
import { openTestDatabase, type TestDatabase } from '../../support/database.ts';

let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', productMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

test('a built-in job runs in a process of its own, with its connectors, documents and transactions', async () => {
  const { database } = place;
  const config = parseConfig(place.env);
  const job: AnyJob = { ...mailTriage, isolation: 'process' };
  const run = newRun(job, { mailbox: 'sample' }, { priority: 0 });
  await insertRuns(database, [run]);
  const services = {
    ledger: openLedger(database, { detectionMs: 15_000 }),
    queues: openIdleQueues(),
    catalogue: openCatalogue([job]),
    announcements: openAnnouncements(),
    artifacts: openArtifacts({ archive: openMemoryArchive() }),
    providers: await openProviders(config),
    children: childProcessesOf(config),
    worker: run.id,
    now: () => new Date(),
    random: Math.random,
    hurry: new AbortController().signal,
    onError(error: unknown) {
      throw error;
    },
  };
  await attemptRun(services, {
    run: run.id,
    delivery: run.delivery,
    hold: () => () => undefined,
  });
  const done = await findRun(database, run.id);
  expect(done).toMatchObject({ state: 'succeeded', error: null, attempt: 1 });
  const { read } = done.result as { read: number };
  expect(read).toBeGreaterThan(100);
  expect(
    await database.query(`select from nightshift.documents where kind = 'mail' and run_id = $1`, [
      run.id,
    ]),
  ).toHaveLength(read);
  expect((await listSteps(database, run.id)).length).toBeGreaterThan(1);
});
