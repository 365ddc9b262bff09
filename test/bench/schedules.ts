import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openCalendars } from '../../src/connectors/calendar/index.ts';
import { openControl } from '../../src/control/index.ts';
import { defineJob } from '../../src/core/job.ts';
import { defineSchedule } from '../../src/core/schedule.ts';
import { type Database, openDatabase, openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { openCatalogue, plantSchedules, scheduleTimers } from '../../src/runtime/index.ts';
import { openIdleQueues } from '../../src/testing/idle-queues.ts';
import { atMost } from '../support/report.ts';
import { openGround } from './ground.ts';
import type { PartOptions, PartReport } from './part.ts';

const job = defineJob({
  name: 'no-op',
  summary: 'Does nothing.',
  payload: z.object({}),
  run: () => Promise.resolve(),
});

/** From the moment of a firing to its run in the ledger, while many schedules fire in the same second. */
export async function measureSchedules({ isQuick, size }: PartOptions): Promise<PartReport> {
  const schedules = size ?? 200;
  const seconds = isQuick ? 10 : 60;
  await using stack = new AsyncDisposableStack();
  const { databaseUrl: url } = await openGround(stack);
  const database = await openDatabase({
    kind: 'postgres',
    url,
    connections: 16,
    carriesQueues: false,
  });
  stack.defer(() => database.close());
  await openMigrations(database, ledgerMigrations).up();
  await fireFor(database, schedules, seconds);
  const found = await readLateness(database);
  const what = `${schedules} schedules of every second, one control process`;
  return {
    rows: [{ part: 'schedules', what, ...found }],
    goals: [
      atMost('lateness of 200 firings a second, p50 ms', Number(found['p50 ms']), 500),
      atMost('lateness of 200 firings a second, p99 ms', Number(found['p99 ms']), 1500),
      atMost('moments of a schedule without a firing', found['without a row'], 0),
    ],
  };
}

async function fireFor(database: Database, count: number, seconds: number): Promise<void> {
  const onError = (error: unknown) => console.error(error);
  const services = {
    database,
    queues: openIdleQueues(),
    catalogue: openCatalogue([job]),
    calendars: openCalendars({ onError }),
    onError,
    onMissed: onError,
  };
  const schedules = Array.from({ length: count }, (_, i) =>
    defineSchedule({ name: `every-second-${i}`, job, payload: {}, every: '1s' }),
  );
  await plantSchedules(database, { ...services, schedules });
  const timers = scheduleTimers(services);
  const control = await openControl({ database, duties: [], timers, onError });
  await sleep(seconds * 1000);
  await control.close();
}

/** What its rows say of all but the first seconds, in which everything was opened. */
async function readLateness(database: Database) {
  const [row] = await database.query<{ fired: number; p50: number; p99: number; without: number }>(
    `with seen as (
       select *, extract(epoch from fired_at - at) * 1000 as late from nightshift.firings
       where due > (select min(due) + interval '3 seconds' from nightshift.firings)
     )
     select count(run_id)::int as fired,
       percentile_cont(0.5) within group (order by late) as p50,
       percentile_cont(0.99) within group (order by late) as p99,
       (select sum(expected - there)::int from (
         select count(*) as there, extract(epoch from max(due) - min(due)) + 1 as expected
         from seen group by schedule) of_each) as without
     from seen`,
  );
  return {
    firings: row!.fired,
    'p50 ms': row!.p50.toFixed(0),
    'p99 ms': row!.p99.toFixed(0),
    'without a row': row!.without,
  };
}
