import { expect, test } from 'vitest';
import { Cancel } from '../../src/core/endings.ts';
import { otherJobs, metrics as table } from '../../src/core/metrics.ts';
import { metricsOf } from '../support/metrics.ts';
import { jobOf, openTestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const good = jobOf('good', () => Promise.resolve('fine'));
const bad = jobOf('bad', () => Promise.reject(new Error('no')), {
  retry: { attempts: 2, backoff: 'fixed', from: '1ms', upTo: '1ms', jitter: 0 },
});
const odd = jobOf('odd', () => Promise.reject(new Cancel('not today')));

const open = () => openTestRuntime('postgres', [good, bad, odd]);

test('attempts and runs are counted by job and outcome, retries and failures among them', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  for (const job of ['good', 'good', 'good', 'bad', 'odd']) await runtime.enqueuer.enqueue(job, {});
  await runtime.work();
  const scraped = await until(
    async () => {
      const found = await metrics.read();
      const ended = found.lines.filter(({ name }) => name === 'nightshift_runs_finished_total');
      return ended.reduce((sum, { value }) => sum + value, 0) === 5 ? found : undefined;
    },
    { timeoutMs: 60_000 },
  );
  const runs = (job: string, outcome: string) =>
    scraped.value('nightshift_runs_finished_total', { job_name: job, outcome });
  const attempts = (job: string, outcome: string) =>
    scraped.value('nightshift_attempts_ended_total', { job_name: job, outcome });
  expect([runs('good', 'succeeded'), runs('bad', 'failed'), runs('odd', 'cancelled')]).toEqual([
    3, 1, 1,
  ]);
  expect([attempts('bad', 'retry'), attempts('bad', 'failed')]).toEqual([1, 1]);
  expect(scraped.value('nightshift_attempt_failures_total', { job_name: 'bad' })).toBe(2);
  expect(scraped.value('nightshift_attempt_failures_total', { job_name: 'odd' })).toBe(0);
  expect(scraped.value('nightshift_attempts_started_total', { job_name: 'bad' })).toBe(2);
});

test('durations and waits are histograms in seconds, whose buckets hold all that was seen', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  await runtime.enqueuer.enqueue('good', {});
  await runtime.work();
  for (const name of ['nightshift_attempt_duration_seconds', 'nightshift_run_wait_seconds']) {
    const counted = (le: string) => ({ job_name: 'good', le });
    const scraped = await until(
      async () => {
        const found = await metrics.read();
        return found.value(`${name}_count`, { job_name: 'good' }) === 1 ? found : undefined;
      },
      { timeoutMs: 60_000 },
    );
    expect(scraped.value(`${name}_bucket`, counted('+Inf'))).toBe(1);
    expect(scraped.value(`${name}_bucket`, counted('3600'))).toBe(1);
    const sum = scraped.value(`${name}_sum`, { job_name: 'good' })!;
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(600);
    // Nothing was seen of the others: their eighteen series are left out.
    expect(scraped.value(`${name}_count`, { job_name: 'bad' })).toBeUndefined();
  }
});

test('the wait of a run that was put off begins when it is due', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  await runtime.enqueuer.enqueue('good', {}, { delayMs: 3000 });
  await runtime.work();
  const waited = await until(
    async () =>
      (await metrics.read()).value('nightshift_run_wait_seconds_sum', { job_name: 'good' }),
    { timeoutMs: 60_000 },
  );
  expect(waited).toBeGreaterThanOrEqual(0);
  const { waitedMs } = (await firstWait(runtime))!;
  expect(waitedMs / 1000).toBeCloseTo(waited, 1);
});

/** The same by the rows: from the time it was due to its start. */
async function firstWait({ database }: Awaited<ReturnType<typeof open>>) {
  const [row] = await database.query<{ waitedMs: number }>(
    `select extract(epoch from started_at - greatest(run_at, queued_at))::float8 * 1000 as "waitedMs"
     from nightshift.runs`,
  );
  return row;
}

test('the depth of each queue is told by state, with how long the first has waited', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  const { enqueuer, database } = runtime;
  await enqueuer.enqueue('good', {});
  await enqueuer.enqueue('good', {});
  await enqueuer.enqueue('good', {}, { delayMs: 3_600_000 });
  await enqueuer.enqueue('bad', {});
  await database.query(
    `update nightshift.runs set run_at = run_at - interval '90 seconds', queued_at = queued_at - interval '90 seconds'
     where job = 'bad'`,
  );
  await database.query(`insert into nightshift.queues (job, paused_at) values ('odd', now())`);
  const scraped = await metrics.read();
  const depth = (job: string, state: string) =>
    scraped.value('nightshift_queue_runs', { job_name: job, state });
  expect([depth('good', 'waiting'), depth('good', 'scheduled')]).toEqual([2, 1]);
  expect([depth('odd', 'waiting'), depth('bad', 'waiting'), depth('bad', 'active')]).toEqual([
    0, 1, 0,
  ]);
  const oldest = (job: string) =>
    scraped.value('nightshift_queue_oldest_waiting_seconds', { job_name: job });
  expect(oldest('bad')).toBeGreaterThanOrEqual(90);
  expect(oldest('bad')).toBeLessThan(600);
  expect(oldest('odd')).toBe(0);
  expect(scraped.value('nightshift_queue_paused', { job_name: 'odd' })).toBe(1);
  expect(scraped.value('nightshift_queue_paused', { job_name: 'good' })).toBe(0);
});

test('jobs that are not of the catalogue share one label, however many there are', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  const { database, announcements } = runtime;
  for (let i = 0; i < 20; i++) {
    const job = `made-up-${i}`;
    await database.query(`select nightshift.enqueue($1, '{}')`, [job]);
    announcements.announce({ kind: 'begun', run: '', job, attempt: 1, waitedMs: 0 });
  }
  const scraped = await metrics.read();
  expect(scraped.value('nightshift_queue_runs', { job_name: otherJobs, state: 'waiting' })).toBe(
    20,
  );
  expect(scraped.value('nightshift_attempts_started_total', { job_name: otherJobs })).toBe(20);
  const jobs = new Set(scraped.lines.map(({ labels }) => labels['job_name']).filter(Boolean));
  expect(jobs).toEqual(new Set([otherJobs, 'bad', 'good', 'odd']));
});

test('what shares a commit is measured, by what is written', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  await Promise.all(Array.from({ length: 40 }, () => runtime.enqueuer.enqueue('good', {})));
  const scraped = await metrics.read();
  const write = { write: 'accept' };
  expect(scraped.value('nightshift_group_commit_size_sum', write)).toBe(40);
  const commits = scraped.value('nightshift_group_commit_size_count', write)!;
  expect(commits).toBeLessThan(40);
  expect(scraped.value('nightshift_group_commit_duration_seconds_count', write)).toBe(commits);
  expect(scraped.value('nightshift_group_commit_failures_total', write)).toBe(0);
});

test('schedules that are late, duties that nobody carries out, and the outbox are read from their rows', async () => {
  await using runtime = await open();
  const { database } = runtime;
  await database.query(
    `insert into nightshift.schedules (name, job, payload, cron, timezone, rules, next_due, version)
     values ('late', 'good', '{}', '0 3 * * *', 'UTC', '{"grace":"1m"}', now() - interval '10 minutes', 1),
       ('fine', 'good', '{}', '0 3 * * *', 'UTC', '{"grace":"1m"}', now() + interval '10 minutes', 1)`,
  );
  await database.query(
    `insert into nightshift.duties (name, period_seconds, due_at, ended_at, took_ms, failures)
     values ('rescue', 5, now() - interval '1 hour', now(), 250, 3), ('wakes', 5, now(), null, null, 0)`,
  );
  await database.query(
    `insert into nightshift.outbox (run_id, delivery) values (nightshift.new_id(), nightshift.new_id())`,
  );
  const scraped = await metricsOf(runtime).read();
  expect(scraped.value('nightshift_schedules_late')).toBe(1);
  expect(scraped.value('nightshift_schedules', { state: 'active' })).toBe(2);
  expect(scraped.value('nightshift_schedules_overdue_seconds')).toBeGreaterThanOrEqual(600);
  const duty = (name: string) =>
    ['rescue', 'wakes'].map((one) => scraped.value(name, { duty: one }));
  expect(duty('nightshift_duty_late')).toEqual([1, 0]);
  expect(duty('nightshift_duty_failed_passes')).toEqual([3, 0]);
  expect(duty('nightshift_duty_last_pass_duration_seconds')).toEqual([0.25, 0]);
  expect(scraped.value('nightshift_outbox_runs')).toBe(1);
});

test('a server that hangs or is away is down in a scrape that answers all the same', async () => {
  await using runtime = await open();
  const { database } = runtime;
  const hangs = () => new Promise<never>(() => undefined);
  const metrics = metricsOf(runtime, {
    servers: {
      postgres: () => database.query('select 1'),
      redis: hangs,
      pglite: () => Promise.reject(new Error('gone')),
    },
    // The database takes the statement, and does not answer.
    database: { query: hangs, transaction: hangs },
    folders: { archive: '/proc/1/cannot/be' },
  });
  const scraped = await metrics.read();
  const up = (server: string) => scraped.value('nightshift_up', { server });
  expect([up('postgres'), up('redis'), up('pglite')]).toEqual([1, 0, 0]);
  expect(scraped.names).toContain('nightshift_queue_runs');
  expect(scraped.value('nightshift_workers')).toBeUndefined();
  expect(scraped.value('process_cpu_seconds_total')).toBeGreaterThan(0);
});

test('every metric of the table is told, and no other by our name', async () => {
  await using runtime = await open();
  const { names } = await metricsOf(runtime).read();
  expect(names.filter((name) => name.startsWith('nightshift_')).sort()).toEqual(
    Object.keys(table).sort(),
  );
});

test('what is told has the labels of the table, and no others', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  await runtime.work();
  await runtime.enqueuer.enqueue('good', {});
  const scraped = await until(
    async () => {
      const found = await metrics.read();
      return found.value('nightshift_attempt_duration_seconds_count', { job_name: 'good' })
        ? found
        : undefined;
    },
    { timeoutMs: 60_000 },
  );
  for (const { name, labels } of scraped.lines.filter((line) =>
    line.name.startsWith('nightshift_'),
  )) {
    const own = name.replace(/_(bucket|sum|count)$/, '') as keyof typeof table;
    const [, expected] = table[own in table ? own : (name as keyof typeof table)];
    const told = Object.keys(labels).filter((label) => label !== 'le');
    expect([name, ...told.sort()]).toEqual([name, ...[...expected].sort()]);
  }
});

test('after it is closed, nothing is counted', async () => {
  await using runtime = await open();
  const metrics = metricsOf(runtime);
  metrics.close();
  runtime.announcements.announce({ kind: 'begun', run: '', job: 'good', attempt: 1, waitedMs: 0 });
  expect(
    (await metrics.read()).value('nightshift_attempts_started_total', { job_name: 'good' }),
  ).toBe(0);
});
