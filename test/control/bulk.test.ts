import { expect, test } from 'vitest';
import { findBulk, findRun, insertRuns } from '../../src/ledger/index.ts';
import { beginBulk, carryOutBulk, newRun, tryBulk } from '../../src/runtime/index.ts';
import { jobOf, openTestRuntime } from '../support/runtime.ts';

const failing = jobOf('failing', () => Promise.reject(new Error('no')));
const jobs = [failing];

test('50,000 failed runs are retried in batches, and one that was accepted meanwhile is left', async () => {
  await using runtime = await openTestRuntime('postgres', jobs);
  const { database } = runtime;
  const count = 50_000;
  for (let left = count; left > 0; left -= 5000)
    await insertRuns(
      database,
      Array.from({ length: 5000 }, () =>
        newRun(failing, { kind: 'many', id: left }, { priority: 0 }),
      ),
    );
  await database.query(
    `update nightshift.runs set state = 'failed', attempt = 1, finished_at = now(),
       error = '{"name":"Error","message":"no","fingerprint":"0123456789abcdef"}'`,
  );
  const began = performance.now();
  const { matched } = await tryBulk(runtime, { action: 'retry', filter: { job: 'failing' } });
  const counted = performance.now();
  const { id } = await beginBulk(runtime, {
    action: 'retry',
    filter: { job: 'failing' },
    rate: 1000,
  });
  const later = newRun(failing, { kind: 'many', id: 0 }, { priority: 0 });
  await insertRuns(database, [later]);
  await database.query(
    `update nightshift.runs set state = 'failed', finished_at = now(), error = '{}' where id = $1`,
    [later.id],
  );
  await carryOutBulk(runtime, id);
  const ended = performance.now();
  console.log(
    `50,000 runs: counted in ${Math.round(counted - began)} ms, retried in ${Math.round(ended - counted)} ms`,
  );
  expect(matched).toBe(count);
  expect(await findBulk(database, id)).toMatchObject({ matched: count, changed: count });
  expect((await findRun(database, later.id)).state).toBe('failed');
  const [row] = await database.query(
    `select count(distinct run_at)::int as times, (select count(*)::int from nightshift.outbox) as waiting,
       (select count(*)::int from nightshift.attempts) as history from nightshift.runs where state = 'queued'`,
  );
  expect(row).toMatchObject({ waiting: count, history: count });
  expect((row as { times: number }).times).toBeGreaterThan(count / 2);
}, 120_000);
