import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { openTestDatabase } from '../support/database.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const patient = { timeoutMs: 90_000 };
const urlOf = ({ place }: TestInstallation) => (place.database as { url: string }).url;

describe.concurrent.each(['postgres', 'cluster'] as const)(
  'a process on the %s footprint',
  (footprint) => {
    test('never holds more connections than NIGHTSHIFT_DATABASE_CONNECTIONS, under load too', async () => {
      await using installation = await openTestInstallation(footprint, {
        NIGHTSHIFT_DATABASE_CONNECTIONS: '9',
        NIGHTSHIFT_CONCURRENCY: '20',
      });
      const ids = await enqueueSamples(installation, 20);
      await using watching = await openTestDatabase('postgres');
      const database = new URL(urlOf(installation)).pathname.slice(1);
      const names = new Set<string>();
      let most = 0;
      async function count(): Promise<void> {
        const rows = await watching.database.query<{ name: string }>(
          `select application_name as name from pg_stat_activity
          where datname = $1 and application_name like 'nightshift%'`,
          [database],
        );
        most = Math.max(most, rows.length);
        for (const { name } of rows) names.add(name);
      }
      let counting = true;
      const counted = (async () => {
        while (counting) await count();
      })();
      const started = await installation.start();
      await until(() => most > 0, patient);
      await started.said(/nightshift is up/);
      await until(async () => {
        await count();
        return (await unfinished(installation, ids)) === 0;
      }, patient);
      counting = false;
      await counted;
      await installation.stop();
      // This test looks by a session of its own, which is not the process's.
      expect(most).toBeLessThanOrEqual(9);
      const queues = footprint === 'postgres' ? ['nightshift-queues'] : [];
      expect([...names]).toEqual(
        expect.arrayContaining([
          'nightshift',
          'nightshift-control',
          'nightshift-listener',
          ...queues,
        ]),
      );
    });
  },
);

async function enqueueSamples(installation: TestInstallation, count: number): Promise<string[]> {
  const api = await installation.openApi();
  const runs = Array.from({ length: count }, () =>
    api.post<{ id: string }>('/runs', { job: 'mail-triage', payload: { mailbox: 'sample' } }),
  );
  const ids = (await Promise.all(runs)).map(({ id }) => id);
  await api.close();
  return ids;
}

/** Asked by a name that is not counted. */
async function unfinished(installation: TestInstallation, ids: readonly string[]): Promise<number> {
  const client = new pg.Client({ connectionString: urlOf(installation) });
  await client.connect();
  const { rows } = await client.query<{ left: number }>(
    'select count(*)::int as left from nightshift.runs where id = any($1) and finished_at is null',
    [ids],
  );
  await client.end();
  return rows[0]!.left;
}

describe.concurrent('the log of a process', () => {
  test('has one line when Redis goes and one when it is back; a command meanwhile says only its own', async () => {
    await using redis = await startRedisServer({ appendOnly: true });
    await using installation = await openTestInstallation('cluster', { REDIS_URL: redis.url });
    const started = await installation.start();
    await redis.stop();
    await started.said(/Redis at 127\.0\.0\.1:\d+ does not answer/);
    for (let i = 0; i < 3; i++) {
      const { status, output, errors } = await installation.command(
        'enqueue',
        'mail-triage',
        '--payload',
        '{"mailbox":"sample"}',
      );
      expect({ status, errors }).toEqual({ status: 0, errors: '' });
      expect(output).toMatch(/[0-9a-f-]{36}/);
    }
    await redis.start();
    await started.said(/Redis at 127\.0\.0\.1:\d+ answers again/);
    await installation.stop();
    expect(started.errors.match(/does not answer/g)).toHaveLength(1);
    expect(started.errors).not.toMatch(/"stack"|ReplyError|^ +at /m);
  });

  test('has one line when Postgres goes and one when it is back; a command meanwhile is one sentence', async () => {
    let proxy: TcpProxy | undefined;
    await using installation = await openTestInstallation('cluster', async ({ database }) => {
      const { url } = database as { url: string };
      proxy = await openTcpProxy({ url });
      return { DATABASE_URL: proxy.route(url), NIGHTSHIFT_DATABASE_CONNECTIONS: '8' };
    });
    const started = await installation.start();
    proxy!.cut();
    await started.said(/Postgres at 127\.0\.0\.1:\d+ does not answer/);
    for (let i = 0; i < 3; i++) {
      const { status, errors } = await installation.command('runs', 'list');
      expect(status).toBe(1);
      expect(errors).toMatch(/^nightshift: Postgres at 127\.0\.0\.1:\d+ does not answer: .*\n$/);
    }
    proxy!.restore();
    await started.said(/Postgres at 127\.0\.0\.1:\d+ answers again/);
    await installation.stop();
    await proxy![Symbol.asyncDispose]();
    expect(started.errors.match(/does not answer/g)).toHaveLength(1);
    expect(started.errors).not.toMatch(/"stack"|^ +at /m);
  });
});

describe('a start', () => {
  test('on a Postgres that is too old is refused with the version needed', async () => {
    await using place = await openTestDatabase('postgres');
    const { url } = place.options as { url: string };
    const [row] = await place.database.query<{ version: string }>(
      `select current_setting('server_version_num') as version`,
    );
    await using proxy = await openTcpProxy({
      url,
      alter: (answer) =>
        Buffer.from(answer.toString('latin1').replaceAll(row!.version, '130014'), 'latin1'),
    });
    const { status, errors } = await runCommand(['start'], {
      env: { DATABASE_URL: proxy.route(url) },
    });
    expect(status).toBe(1);
    expect(errors).toMatch(/^nightshift: Postgres at .* is version 13, and 14 or newer is needed/);
  });

  test('with another NIGHTSHIFT_PREFIX beside a process that runs on the same database is refused', async () => {
    await using installation = await openTestInstallation('cluster');
    await installation.start();
    const { status, errors } = await runCommand(['start'], {
      env: { ...installation.env, NIGHTSHIFT_PREFIX: 'other' },
    });
    expect(status).toBe(1);
    expect(errors).toContain('Give all processes of one installation the same');
    await installation.stop();
  });

  test('of a second installation with the same prefix on one Redis is refused, and doctor says why', async () => {
    await using first = await openTestInstallation('cluster');
    await using second = await openTestInstallation('cluster', {
      NIGHTSHIFT_PREFIX: first.place.prefix,
    });
    await first.start();
    const { status, errors } = await second.command('start');
    expect(status).toBe(1);
    expect(errors).toContain('Set NIGHTSHIFT_PREFIX to a name of its own');
    const { output } = await second.command('doctor');
    expect(output).toContain('belong to another installation');
    await first.stop();
  });
});
