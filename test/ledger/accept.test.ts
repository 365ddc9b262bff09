import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acceptIn,
  insertRuns,
  ledgerMigrations,
  type NewRun,
  newId,
} from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';

const week = 7 * 86_400_000;

/** A run accepted by a process whose clock is so far off. */
function runOf(offMs: number): NewRun {
  const id = v7({ msecs: Date.now() + offMs });
  return { id, delivery: newId(), job: 'j', version: 1, payload: {}, priority: 0 };
}

describe.each(databaseKinds)('on %s', (kind) => {
  let place: TestDatabase;
  beforeAll(async () => {
    place = await openTestDatabase(kind, ledgerMigrations);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test.each([-5 * week, 6 * week])(
    'a process whose clock is off by %i ms is told to set it, and nothing is kept',
    async (offMs) => {
      const { database } = place;
      const runs = [runOf(0), runOf(offMs)];
      const noWeek = { code: 'run.no_week', kind: 'unavailable' };
      await expect(insertRuns(database, runs)).rejects.toMatchObject(noWeek);
      await expect(acceptIn(database, runs)).rejects.toMatchObject(noWeek);
      await expect(
        database.transaction((tx) => acceptIn(tx, [runOf(offMs)])),
      ).rejects.toMatchObject(noWeek);
      expect(await database.query('select from nightshift.runs')).toEqual([]);
      expect(await database.query('select from nightshift.outbox')).toEqual([]);
    },
  );

  test('a clock that is off by days only is no reason to refuse a run', async () => {
    const runs = [runOf(-week), runOf(3 * week)];
    await insertRuns(place.database, runs);
    expect(await place.database.query('select from nightshift.runs')).toHaveLength(2);
  });
});
