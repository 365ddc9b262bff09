import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { footprints, openTestFootprint, type TestFootprint } from '../support/footprint.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import type { BundleWorkerArgument } from './fixtures/bundle-worker.ts';

const workerFile = join(import.meta.dirname, 'fixtures/bundle-worker.ts');
const patience = { timeoutMs: 90_000 };
const count = 150;

interface Carried {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly losses: number;
  readonly delivery: string;
  readonly begun: number;
}

function start({ database, redisUrl, prefix }: TestFootprint, enqueue: number): TestProcess {
  const argument: BundleWorkerArgument = {
    database: database.kind === 'postgres' ? { ...database, connections: 8 } : database,
    prefix,
    detectionMs: 3000,
    enqueue,
    ...(redisUrl && { redisUrl }),
  };
  return startProcess(workerFile, [JSON.stringify(argument)]);
}

const ended = ({ lines }: TestProcess) =>
  lines.filter((line) => line.startsWith('ended succeeded ')).map((line) => line.split(' ')[2]!);

const listCarried = (database: Database) =>
  database.query<Carried>(
    `select id, state, attempt, losses, delivery,
       (select count(*)::int from public.begun b where b.run = r.id) as begun
     from nightshift.runs r order by id`,
  );

describe.concurrent.each(footprints)('on the %s footprint', (footprint) => {
  test('a worker killed in the middle of bundles loses no run, and none that had ended runs again', async () => {
    await using place = await openTestFootprint(footprint, ledgerMigrations);
    await using doomed = start(place, count);
    await until(() => ended(doomed).length >= 20, patience);
    doomed.kill('SIGKILL');
    await doomed.ended();
    const before = ended(doomed);
    expect(before.length).toBeLessThan(count);
    await using successor = start(place, 0);
    await successor.line(/^drained/, patience.timeoutMs);
    successor.kill('SIGKILL');
    await successor.ended();
    const database = await openDatabase(place.database);
    const runs = await listCarried(database);
    await database.close();
    expect(runs.filter(({ state }) => state === 'succeeded')).toHaveLength(count);
    expect(new Set([...before, ...ended(successor)]).size).toBe(
      before.length + ended(successor).length,
    );
    const done = new Set(before);
    expect(
      runs.filter(({ id }) => done.has(id)).map(({ attempt, begun }) => [attempt, begun]),
    ).toEqual(before.map(() => [1, 1]));
    const lost = runs.filter(({ losses }) => losses > 0);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThanOrEqual(8);
    expect(lost.every(({ attempt }) => attempt === 2)).toBe(true);
    expect(new Set(lost.map(({ delivery }) => delivery)).size).toBe(lost.length);
  }, 240_000);
});
