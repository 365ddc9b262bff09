import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineSchedule } from '../../src/core/schedule.ts';
import { ledgerMigrations, listSchedules } from '../../src/ledger/index.ts';
import { keepSchedules, openCatalogue } from '../../src/runtime/index.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { jobOf } from '../support/job.ts';
import { scheduleServices } from '../support/schedules.ts';

const job = jobOf('digest', () => Promise.resolve());
const versions = {
  old: [defineSchedule({ name: 'kept', job, payload: {}, cron: '0 1 * * *' })],
  new: [
    defineSchedule({ name: 'kept', job, payload: {}, cron: '0 2 * * *' }),
    defineSchedule({ name: 'added', job, payload: {}, cron: '0 3 * * *' }),
  ],
};

let place: TestDatabase;
beforeAll(async () => {
  place = await openTestDatabase('postgres', ledgerMigrations);
});
afterAll(() => place[Symbol.asyncDispose]());

/** A process of this version starts; without `alive` it ends at once. Answers the schedules that there are then. */
async function start(
  version: keyof typeof versions,
  alive?: AsyncDisposableStack,
): Promise<string[]> {
  const { database } = place;
  const gardener = await keepSchedules(database, {
    ...scheduleServices({ database, catalogue: openCatalogue([job]) }),
    schedules: versions[version],
    onError: (error) => expect.fail(String(error)),
  });
  const found = (await listSchedules(database)).map(({ name, rules }) => `${name} ${rules.cron}`);
  if (alive) alive.defer(() => gardener.close());
  else await gardener.close();
  return found;
}

const old = ['kept 0 1 * * *'];
const newer = ['added 0 3 * * *', 'kept 0 2 * * *'];

test('the schedules are those of the version that was seen first last, while it is alive', async () => {
  expect(await start('old')).toEqual(old);
  await using alive = new AsyncDisposableStack();
  expect(await start('new', alive)).toEqual(newer);
  expect(await start('old')).toEqual(newer);
  await alive.disposeAsync();
  expect(await start('old')).toEqual(old);
  await using again = new AsyncDisposableStack();
  expect(await start('new', again)).toEqual(newer);
  // It was killed, and says nothing any more.
  await place.database.query(
    `update nightshift.schedule_sets set seen_at = seen_at - interval '61 seconds'`,
  );
  expect(await start('old')).toEqual(old);
});
