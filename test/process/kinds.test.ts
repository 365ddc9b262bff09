import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand, unset } from '../support/command.ts';
import { createTestPlace } from '../support/database.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import { startPostgresServer } from '../support/postgres-server.ts';
import { startProcess } from '../support/process.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const folder = join(import.meta.dirname, '../../workers');
const fileOf = (kind: string) => join(folder, `${kind}.ts`);
const kinds = ['web', 'general', 'heavy', 'control'] as const;
const commands = [['web'], ['worker'], ['worker', '--pool', 'heavy'], ['control']];
const patience = { timeoutMs: 60_000, everyMs: 100 };

/** What a process or command that refuses to start says: one sentence, and no stack. */
const saysOnly = (errors: string) => errors.trim().split('\n');

describe('a start that cannot be', () => {
  test.each(kinds)('%s without DATABASE_URL is told who holds the data folder', async (kind) => {
    await using started = startProcess(fileOf(kind), [], { env: unset });
    expect(await started.ended()).toBe(2);
    expect(saysOnly(started.errors)).toEqual([
      expect.stringMatching(
        /one process holds the data folder.*Set DATABASE_URL, or run: nightshift start/,
      ),
    ]);
  });

  test.each(commands)('nightshift %s without DATABASE_URL is told so, too', async (...args) => {
    const { status, errors } = await runCommand(args);
    expect([status, saysOnly(errors)]).toEqual([
      2,
      [expect.stringContaining(`A ${args[0]} process needs a database server`)],
    ]);
  });

  test.each(kinds)('%s before the schema is there says what to run', async (kind) => {
    await using place = await createTestPlace('postgres');
    await using started = startProcess(fileOf(kind), [], { env: { ...unset, ...place.env } });
    expect(await started.ended()).toBe(1);
    expect(saysOnly(started.errors)).toEqual([
      expect.stringContaining('Run: nightshift migrate up'),
    ]);
  });

  test('a port that is in use is named, with what to do', async () => {
    await using installation = await openTestInstallation('postgres');
    const first = await installation.launch(fileOf('web'));
    const port = new URL(await urlOf(first)).port;
    for (const kind of ['web', 'control']) {
      const env = { ...unset, ...installation.env, PORT: port };
      await using second = startProcess(fileOf(kind), [], { env });
      expect(await second.ended()).toBe(1);
      expect(saysOnly(second.errors)).toEqual([
        expect.stringMatching(`Port ${port} on 127.0.0.1 is in use.*set PORT to another`),
      ]);
    }
  });

  test('a host that is not of this machine is named', async () => {
    await using installation = await openTestInstallation('postgres', {
      NIGHTSHIFT_HOST: '192.0.2.1',
    });
    const env = { ...unset, ...installation.env };
    await using started = startProcess(fileOf('web'), [], { env });
    expect(await started.ended()).toBe(1);
    expect(started.errors).toMatch(/192\.0\.2\.1, port 0 \(EADDRNOTAVAIL\)/);
  });

  test.each([
    [['worker', '--queues', 'mail-triag'], /no job "mail-triag"; did you mean "mail-triage"\?/],
    [['worker', '--pool', 'light'], /Allowed choices are general, heavy/],
    [['worker', '--pool', 'heavy', '--queues', 'mail-triage'], /cannot be used with/],
  ])('nightshift %j is wrong use', async (args, says) => {
    const { status, errors } = await runCommand(args);
    expect(status).toBe(2);
    expect(errors).toMatch(says);
  });
});

describe('the commands', () => {
  test('start the same processes as the files, on loopback alone, and none listens without PORT but web', async () => {
    await using installation = await openTestInstallation('postgres');
    const cli = join(folder, '../src/cli/main.ts');
    const web = await installation.launch(cli, ['web']);
    const worker = await installation.launch(cli, ['worker', '--queues', 'mail-triage'], {
      PORT: '',
    });
    expect(worker.errors).not.toContain('"url"');
    expect(await urlOf(web)).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const key = await installation.key();
    const { body } = await ask(`${await urlOf(web)}/api/v1/workers`, undefined, key);
    expect(body).toMatchObject({ workers: [{ pid: worker.pid, jobs: ['mail-triage'] }] });
    const heavy = await installation.launch(cli, ['worker', '--pool', 'heavy']);
    expect(heavy.errors).toContain('this worker has nothing to run');
    expect((await ask(`${await urlOf(heavy)}/api/v1/workers`)).status).toBe(404);
    for (const one of [web, worker, heavy]) {
      one.kill('SIGTERM');
      expect(await one.ended()).toBe(0);
    }
  });
});

describe('/health/ready', () => {
  test('says which component is away: without Redis web is ready and a worker is not; without Postgres none is', async () => {
    await using redis = await startRedisServer();
    await using postgres = await startPostgresServer();
    const env = {
      ...unset,
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      PORT: '0',
      NIGHTSHIFT_HEARTBEAT: '1s',
    };
    expect((await runCommand(['migrate', 'up'], { env })).status).toBe(0);
    await using web = startProcess(fileOf('web'), [], { env });
    await using worker = startProcess(fileOf('general'), [], { env });
    await using control = startProcess(fileOf('control'), [], { env });
    const processes = [web, worker, control];
    for (const one of processes) await one.said(/nightshift is up/, patience.timeoutMs);
    const urls = await Promise.all(processes.map(urlOf));
    const readiness = async () =>
      Promise.all(
        urls.map(async (url) => {
          const { status, body } = await ask<Answer>(`${url}/health/ready`);
          const away = body.components.filter(({ state }) => state !== 'ready');
          return [status, ...away.map(({ name, state }) => `${name} ${state}`)].join(', ');
        }),
      );
    const become = (expected: readonly string[]) =>
      until(async () => (await readiness()).join('; ') === expected.join('; '), patience);

    await become(['200', '200', '200']);
    await redis.stop();
    await become(['200, queue degraded', '503, queue down', '200, queue degraded']);
    await redis.start();
    await become(['200', '200', '200']);
    await postgres.stop();
    // Once it has missed some heartbeats a worker is not well itself.
    await become(['503, database down', '503, database down, worker down', '503, database down']);
    for (const url of urls) expect((await ask(`${url}/health/live`)).status).toBe(200);
    await postgres.start();
    await become(['200', '200', '200']);
  }, 240_000);
});

interface Answer {
  readonly components: readonly { readonly name: string; readonly state: string }[];
}
