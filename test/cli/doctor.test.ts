import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '../../config/index.ts';
import { productMigrations } from '../../src/app/database.ts';
import { examine } from '../../src/cli/doctor.ts';
import { beat, newId, registerWorker } from '../../src/ledger/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', productMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

test('a worker that a job blocks is warned of before it counts as dead, with the way out', async () => {
  const [calm, blocked] = [newId(), newId()];
  for (const [id, host, delayMs] of [
    [calm, 'calm', 40],
    [blocked, 'blocked', 9200],
  ] as const) {
    await registerWorker(place.database, { id, host, pid: 1, jobs: [] });
    const sample = { eventLoopDelayMaxMs: delayMs };
    await beat(place.database, { worker: id, sample, inHand: [], longestGapMs: 7500 });
  }
  const findings = await examine(() => parseConfig(place.env));
  expect(findings.filter(({ what }) => what === 'workers')).toEqual([
    { what: 'workers', state: 'fine', says: 'calm (process 1), blocked (process 1)' },
    {
      what: 'workers',
      state: 'warning',
      says: expect.stringMatching(
        /^a job blocked blocked \(process 1\) for 9\.2s; after 15s .*isolation: 'process'/,
      ) as string,
    },
  ]);
});

test('doctor says whether the audit log is signed, and how well it is kept', async () => {
  const look = async (env: Record<string, string>) => {
    const findings = await examine(() => parseConfig({ ...place.env, ...env }));
    return findings.find(({ what }) => what === 'audit log');
  };
  expect(await look({})).toMatchObject({
    state: 'warning',
    says: expect.stringContaining('set NIGHTSHIFT_SECRET') as string,
  });
  expect(await look({ NIGHTSHIFT_SECRET: 'x'.repeat(32) })).toMatchObject({ state: 'fine' });
});
