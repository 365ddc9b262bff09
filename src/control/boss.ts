import { type Clock, fromPglite, PgBoss } from 'pg-boss';
import type { Database } from '../db/index.ts';

/** pg-boss on our database, in the schema `pgboss`, not started. It schedules nothing by cron: timers are jobs with `startAfter`. */
export function openBoss({ driver }: Database, onError: (error: unknown) => void): PgBoss {
  const connection =
    driver.kind === 'pglite'
      ? { db: fromPglite(driver.pglite), backend: 'pglite' as const }
      : {
          connectionString: driver.url,
          max: driver.connections.control,
          application_name: 'nightshift-control',
          // Its pool is node-postgres's: a statement without an answer for so long was asked of nobody.
          query_timeout: 30_000,
        };
  const boss = new PgBoss({
    ...connection,
    schema: 'pgboss',
    schedule: false,
    superviseIntervalSeconds: 1,
    // Between two looks at heartbeats; at its default of 60 s a dead process would be found that late.
    monitorIntervalSeconds: 1,
    // It fetches no job whose key it believes to be at work, and believes what it last read: at its default a
    // duty that was at work just then, or whose holder died, would rest for up to 60 s.
    queueCacheIntervalSeconds: 1,
    clock: steadyClock,
  });
  boss.on('error', onError);
  return boss;
}

/** With a wall clock that is set back, pg-boss would look at no heartbeat for as long as it was set back. */
const steadyClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (work, ms) => setTimeout(work, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setInterval: (work, ms) => setInterval(work, ms),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout),
};
