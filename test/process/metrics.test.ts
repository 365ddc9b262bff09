import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../config/index.ts';
import { openApi } from '../../src/cli/api.ts';
import { metrics as table } from '../../src/core/metrics.ts';
import { runCommand, unset } from '../support/command.ts';
import { readExposition } from '../support/exposition.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import { startPostgresServer } from '../support/postgres-server.ts';
import { startProcess } from '../support/process.ts';
import { promtool, queryPrometheus, startPrometheus } from '../support/prometheus.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const fileOf = (kind: string) => join(root, 'workers', `${kind}.ts`);
const kinds = ['web', 'general', 'control'] as const;
const patience = { timeoutMs: 90_000, everyMs: 200 };
const configFile = join(root, 'deploy/prometheus/prometheus.yml');

/** What the guide asks, each of it a line. */
const questions = /^```promql\n([^]*?)^```/m
  .exec(readFileSync(join(root, 'docs/guides/monitoring.md'), 'utf8'))![1]!
  .trim()
  .split('\n');

/** A scrape never hangs; as long as that no busy machine is taken for one that does. */
const scrape = async (url: string) => {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(60_000) });
  expect(response.status).toBe(200);
  return response.text();
};

interface HealthAnswer {
  readonly state: string;
  readonly ready: boolean;
  readonly components: readonly {
    readonly name: string;
    readonly state: string;
    readonly latencyMs: number;
    readonly todo?: string;
  }[];
}

test('the scrape config of the deployment is one that Prometheus takes, and so is that of the guide', async () => {
  expect(await promtool(['check', 'config', configFile])).toContain('SUCCESS');
  const guide = readFileSync(join(root, 'docs/guides/monitoring.md'), 'utf8');
  await using folder = await temporaryFolder();
  const shown = join(folder.path, 'prometheus.yml');
  await writeFile(shown, /^```yaml\n([^]*?)^```/m.exec(guide)![1]!);
  expect(await promtool(['check', 'config', shown])).toContain('SUCCESS');
});

test.concurrent('where other machines reach a worker, Prometheus scrapes it with a key, as the page of metrics shows', async () => {
  await using installation = await openTestInstallation('postgres', { NIGHTSHIFT_HOST: '0.0.0.0' });
  const url = await urlOf(await installation.launch(fileOf('general')));
  expect((await ask(`${url}/metrics`)).status).toBe(401);
  expect((await ask(`${url}/health/ready`)).status).toBe(200);
  const keyFile = join(installation.folder, 'nightshift.key');
  const options = ['--name', 'prometheus', '--role', 'viewer'];
  const { secret } = await installation.ask<{ secret: string }>('key', 'create', ...options);
  await writeFile(keyFile, secret);
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
  const config = /^```yaml\n([^]*?)^```/m
    .exec(page)![1]!
    .replace(/credentials_file: .*/, `credentials_file: ${keyFile}`)
    .replace(/targets: .*/, `targets: ["127.0.0.1:${new URL(url).port}"]`)
    .replace('scrape_timeout: 10s', 'scrape_timeout: 1s\n    scrape_interval: 1s');
  await using prometheus = await startPrometheus(config);
  await until(
    async () => (await queryPrometheus(prometheus, 'sum(up)')).some(({ value }) => value === 1),
    patience,
  );
}, 240_000);

test.concurrent('a real Prometheus scrapes every kind of process, and its questions are answered', async () => {
  await using installation = await openTestInstallation('cluster');
  const started = [];
  for (const kind of kinds) started.push(await installation.launch(fileOf(kind)));
  const urls = await Promise.all(started.map(urlOf));
  const [web] = urls as [string];
  const texts = await Promise.all(urls.map(scrape));
  for (const text of texts) {
    // It says nothing, and ends with 0, when nothing breaks the conventions.
    expect(await promtool(['check', 'metrics'], text)).toBe('');
    const ours = readExposition(text).names.filter((name) => name.startsWith('nightshift_'));
    expect(ours.sort()).toEqual(Object.keys(table).sort());
  }
  const payload = { mailbox: installation.folder };
  const { status } = await ask(
    `${web}/api/v1/runs`,
    { job: 'mail-triage', payload },
    await installation.key(),
  );
  expect(status).toBe(202);
  const targets = urls.map((url) => `"${new URL(url).host}"`).join(', ');
  const config = readFileSync(configFile, 'utf8')
    .replace(/targets: .*/, `targets: [${targets}]`)
    .replace(/scrape_interval: .*/, 'scrape_interval: 1s')
    .replace(/scrape_timeout: .*/, 'scrape_timeout: 1s');
  await using prometheus = await startPrometheus(config);
  const query = (expression: string) => queryPrometheus(prometheus, expression);
  const is = (expression: string, value: number) =>
    until(async () => (await query(expression)).some((one) => one.value === value), patience);
  await is('sum(up{job="nightshift"})', 3);
  await is('count(nightshift_build_info)', 3);
  const job = 'job_name="mail-triage"';
  await is(`sum(nightshift_runs_finished_total{${job},outcome="succeeded"})`, 1);
  await is(`sum(nightshift_attempt_duration_seconds_count{${job}})`, 1);
  await is(`max(nightshift_queue_oldest_waiting_seconds{${job}})`, 0);
  await is(`max(nightshift_job_workers{${job}})`, 1);
  await is('min(nightshift_up{server="redis"})', 1);
  await is('min(nightshift_up{server="postgres"})', 1);
  await is('max(nightshift_schedules_late)', 0);
  const processes = await query('nightshift_build_info');
  expect(new Set(processes.map(({ labels }) => labels['process']))).toEqual(
    new Set(['web', 'worker', 'control']),
  );
  for (const expression of questions) {
    const { status } = await ask(
      `${prometheus.url}/api/v1/query?query=${encodeURIComponent(expression)}`,
    );
    expect([expression, status]).toEqual([expression, 200]);
  }
  // Prometheus has labels job and instance of its own, and puts ours aside where they are called the same.
  expect(await query('{exported_job!=""}')).toEqual([]);
  expect(await query('{exported_instance!=""}')).toEqual([]);
}, 240_000);

test.concurrent('the process that does everything tells the same, of PGlite, and logs to the file that is set', async () => {
  await using installation = await openTestInstallation('embedded');
  const file = join(installation.folder, 'logs/nightshift.log');
  // It is up where its log says so: not on standard error.
  const env = { ...unset, ...installation.env, NIGHTSHIFT_LOG_FILE: file };
  await using started = startProcess(fileOf('all'), [], { env, cwd: installation.folder });
  const written = join(installation.folder, 'logs/nightshift.1.log');
  const url = await until(
    () =>
      existsSync(written)
        ? /"url":"(http:[^"]+)"/.exec(readFileSync(written, 'utf8'))?.[1]
        : undefined,
    patience,
  );
  const text = await scrape(url);
  expect(await promtool(['check', 'metrics'], text)).toBe('');
  const scraped = readExposition(text);
  expect(scraped.value('nightshift_up', { server: 'pglite' })).toBe(1);
  expect(scraped.value('nightshift_up', { server: 'redis' })).toBeUndefined();
  expect(scraped.value('nightshift_disk_free_bytes', { folder: 'data' })).toBeGreaterThan(0);
  expect((await ask<HealthAnswer>(`${url}/health`)).status).toBe(200);
  expect((await installation.command('jobs')).status).toBe(0);
  started.kill('SIGTERM');
  expect(await started.ended()).toBe(0);
  expect(started.errors).toBe('');
  const lines = readFileSync(written, 'utf8').trim().split('\n');
  expect((JSON.parse(lines.at(-1)!) as { msg: string }).msg).toBe('stopped');
}, 180_000);

describe.concurrent('with a server away', () => {
  test('a scrape answers with up = 0, and /health tells degraded from down and says what to do', async () => {
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
    for (const one of [web, worker, control])
      await one.said(/nightshift is up/, patience.timeoutMs);
    const url = await urlOf(web);
    const workerUrl = await urlOf(worker);
    const health = (of = url) => ask<HealthAnswer>(`${of}/health`);
    const becomes = (status: number, state: string, of = url) =>
      until(async () => {
        const found = await health(of);
        return found.status === status && found.body.state === state ? found.body : undefined;
      }, patience);
    const isUp = (server: string, up: number, of = url) =>
      until(async () => {
        const found = readExposition(await scrape(of));
        return found.value('nightshift_up', { server }) === up ? found : undefined;
      }, patience);

    const api = await openApi(parseConfig(env));
    const { secret } = await api.post<{ secret: string }>('/keys', {
      name: 'a test',
      role: 'admin',
    });
    await api.close();
    const { components } = await becomes(200, 'up');
    expect(components.map(({ name }) => name)).toEqual([
      'database',
      'queue',
      'schedules',
      'control-plane',
      'workers',
      'disk-archive',
    ]);
    await isUp('redis', 1);

    await redis.stop();
    const degraded = await becomes(200, 'degraded');
    expect(degraded.components.find(({ name }) => name === 'queue')).toMatchObject({
      state: 'degraded',
      todo: expect.stringContaining('Start Redis'),
    });
    await becomes(503, 'down', workerUrl);
    await isUp('redis', 0);
    // It says degraded since it goes on accepting.
    const payload = { mailbox: '/nowhere' };
    expect((await ask(`${url}/api/v1/runs`, { job: 'mail-triage', payload }, secret)).status).toBe(
      202,
    );
    const waiting = await until(async () => {
      const found = readExposition(await scrape(url));
      const labels = { job_name: 'mail-triage', state: 'waiting' };
      return found.value('nightshift_queue_runs', labels) === 1 ? found : undefined;
    }, patience);
    expect(waiting.value('nightshift_up', { server: 'postgres' })).toBe(1);
    expect(waiting.value('nightshift_outbox_runs')).toBe(1);

    await postgres.stop();
    const down = await becomes(503, 'down');
    expect(down.components.find(({ name }) => name === 'database')).toMatchObject({
      state: 'down',
      todo: expect.stringContaining('DATABASE_URL'),
    });
    const blind = await isUp('postgres', 0);
    expect(blind.value('nightshift_up', { server: 'redis' })).toBe(0);
    expect(await promtool(['check', 'metrics'], await scrape(url))).toBe('');
    // What nobody knows is not told, least of all as 0.
    await until(
      async () =>
        readExposition(await scrape(url)).value('nightshift_outbox_runs') === undefined ||
        undefined,
      patience,
    );

    await postgres.start();
    await redis.start();
    await isUp('postgres', 1);
    await isUp('redis', 1);
    await becomes(200, 'up');
  }, 300_000);
});
