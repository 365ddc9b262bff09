import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/run.ts';
import { openTestInstallation } from '../support/installation.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { removeKeys } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import type { ForeignProducerOptions } from './fixtures/foreign-producer.ts';

const patience = { timeoutMs: 90_000, everyMs: 100 };
const fixture = new URL('fixtures/process.ts', import.meta.url).pathname;
const producerFile = new URL('fixtures/foreign-producer.ts', import.meta.url).pathname;
const settings = {
  NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
  NIGHTSHIFT_HEARTBEAT: '1s',
  NIGHTSHIFT_DETECTION: '4s',
};

/** An installation with the table that the jobs of the fixture write to, and its processes. */
async function open(footprint: 'postgres' | 'cluster', ...kinds: string[]) {
  const installation = await openTestInstallation(footprint, settings);
  const { place } = installation;
  const query = <Row>(text: string): Promise<Row[]> =>
    installation.look((database) => database.query<Row>(text));
  await query('create table public.work (run uuid, pid int)');
  const launch = (kind: string) => installation.launch(fixture, [kind]);
  return {
    installation,
    query,
    launch,
    processes: await Promise.all(kinds.map(launch)),
    /** Without those of schedules, which may fire meanwhile. */
    listRuns: () => query<Run>(`select * from nightshift.runs where job = 'nap' order by id`),
    /** A program with the stock `bullmq` package adds these to the queue of `nap`. */
    produce(...jobs: ForeignProducerOptions['jobs'][number][]): TestProcess {
      const options: ForeignProducerOptions = { prefix: place.prefix, job: 'nap', jobs };
      return startProcess(producerFile, [JSON.stringify(options)], { env: place.env });
    },
    [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose](),
  };
}

describe.concurrent.each(['postgres', 'cluster'] as const)('on %s', (footprint) => {
  test('every job of a stock producer is one run, and the producer hears how it ended', async () => {
    await using opened = await open(footprint, 'general', 'general');
    const { installation, query, listRuns } = opened;
    const good = Array.from({ length: 60 }, () => ({ data: { ms: 5 } }));
    const odd = [
      { data: { ms: 'soon' }, opts: { attempts: 3 } },
      { data: { ms: 1 }, opts: { timestamp: 1 } },
      { data: { ms: 1 }, opts: { timestamp: Date.parse('2100-01-01') } },
      { data: { ms: 1 }, opts: { delay: 300, priority: 5, jobId: 'a-name-of-its-own' } },
      { data: { ms: 1 }, ballast: 2 * 1024 ** 2 },
    ];
    await using producer = opened.produce(...good, ...odd);
    const { line, lines, ended } = producer;
    await line(/^all have ended/, patience.timeoutMs);
    expect(await ended()).toBe(0);
    expect(lines.filter((said) => said.endsWith(' completed null'))).toHaveLength(good.length + 3);
    const failed = lines.filter((said) => / failed /.test(said)).join('\n');
    expect(failed).toMatch(/ms: Invalid input/);
    expect(failed).toMatch(/has 2mb of JSON, and 1mb are allowed/);

    const runs = await listRuns();
    expect(runs).toHaveLength(good.length + odd.length);
    const done = runs.filter(({ state }) => state === 'succeeded');
    expect(done).toHaveLength(good.length + 3);
    expect(done.every(({ attempt, failures }) => attempt === 1 && failures === 0)).toBe(true);
    expect(await query('select distinct run from public.work')).toHaveLength(done.length);
    expect(await query('select run from public.work')).toHaveLength(done.length);
    const [named] = await query<{ id: string }>(
      `select run_id as id from nightshift.adopted where job_id = 'a-name-of-its-own'`,
    );
    const { output } = await installation.command('runs', 'show', named!.id);
    expect(output).toMatch(/adopted from +BullMQ job a-name-of-its-own \(their-own-name\)/);
  }, 240_000);

  test('once it is adopted, a worker that dies and a queue that is lost cost nothing', async () => {
    await using opened = await open(footprint, 'general', 'control');
    const { installation, query, listRuns } = opened;
    await using producer = opened.produce({ data: { ms: 3000 } });
    await until(async () => (await listRuns())[0]?.state === 'active', patience);
    opened.processes[0]!.kill('SIGKILL');
    const lost = footprint === 'cluster';
    if (lost) await removeKeys(installation.place.redisUrl!, `${installation.place.prefix}:nap:`);
    await opened.launch('general');
    await until(async () => (await listRuns())[0]?.state === 'succeeded', patience);
    if (!lost) await producer.line(/ completed null$/, patience.timeoutMs);
    expect(await listRuns()).toMatchObject([{ state: 'succeeded', attempt: 2, failures: 0 }]);
    expect(await query('select run from public.work')).toHaveLength(1);
  }, 240_000);
});

test.concurrent('on cluster, a worker that dies over a foreign job leaves its producer waiting for the same run', async () => {
  await using opened = await open('cluster', 'general');
  const { query, listRuns } = opened;
  await using producer = opened.produce({ data: { ms: 3000 } });
  await until(async () => (await listRuns())[0]?.state === 'active', patience);
  opened.processes[0]!.kill('SIGKILL');
  // No control plane: the run goes again because BullMQ delivers its job again.
  await opened.launch('general');
  await producer.line(/ completed null$/, patience.timeoutMs);
  expect(await listRuns()).toMatchObject([{ state: 'succeeded', attempt: 2, losses: 1 }]);
  expect(await query('select run from public.work')).toHaveLength(1);
}, 240_000);
