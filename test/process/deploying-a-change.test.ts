import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/run.ts';
import { listCodeBlocks, readText, root } from '../docs/pages.ts';
import { unset } from '../support/command.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const patience = { timeoutMs: 90_000, everyMs: 100 };
const releases = [1, 2, 3] as const;
type Release = (typeof releases)[number];

/** Where the releases of the guide are, each a whole house with the guide's job in it. */
let houses: string;

beforeAll(async () => {
  await mkdir(join(root, 'tmp'), { recursive: true });
  houses = await mkdtemp(join(root, 'tmp/deploy-'));
  for (const release of releases) await buildRelease(release);
}, 60_000);
afterAll(() => rm(houses, { recursive: true, force: true }));

const houseOf = (release: Release) => join(houses, `release-${release}`);

/** The release before with the files that the guide shows for this one; the first begins with what we have. */
async function buildRelease(release: Release): Promise<void> {
  const house = houseOf(release);
  if (release === 1) {
    for (const part of ['src', 'config', 'workers', 'jobs', 'examples', 'package.json'])
      await cp(join(root, part), join(house, part), { recursive: true });
    await enter(join(house, 'jobs/index.ts'));
  } else {
    await cp(houseOf((release - 1) as Release), house, { recursive: true });
  }
  const shown = listCodeBlocks(readText('docs/guides/deploying-a-change.md'));
  for (const { title, code } of shown) {
    if (!title?.startsWith(`release-${release}/`)) continue;
    await mkdir(dirname(join(houses, title)), { recursive: true });
    await writeFile(join(houses, title), code);
  }
}

/** Adds the job to the list of jobs, as a person would. */
async function enter(list: string): Promise<void> {
  const text = (await readFile(list, 'utf8'))
    .replace(
      /^import/m,
      "import { keepContact, keepContactMigrations } from './keep-contact/index.ts';\nimport",
    )
    .replace(/AnyJob\[\] = \[/, '$&keepContact, ')
    .replace(/jobMigrations = \{/, '$& ...keepContactMigrations,');
  await writeFile(list, text);
}

test('every release of the guide compiles', async () => {
  const extending = { extends: '../../tsconfig.json', include: ['release-*/jobs/keep-contact'] };
  await writeFile(join(houses, 'tsconfig.json'), JSON.stringify(extending));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const said = await promisify(execFile)(process.execPath, [compiler, '-p', houses]).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  );
  expect(said).toBe('');
});

describe.concurrent.each(['postgres', 'cluster'] as const)('on %s', (footprint) => {
  let installation: TestInstallation;
  afterAll(() => installation?.[Symbol.asyncDispose]());

  const query = <Row>(text: string): Promise<Row[]> =>
    installation.look((database) => database.query<Row>(text));

  /** What a command of this release says. */
  async function command(release: Release, ...args: string[]): Promise<string> {
    const file = join(houseOf(release), 'src/cli/main.ts');
    const env = { ...unset, ...installation.env };
    await using started = startProcess(file, args, { env, cwd: installation.folder });
    await started.ended();
    return `${started.lines.join('\n')}\n${started.errors}`;
  }

  const launch = (release: Release, ...kinds: string[]): Promise<TestProcess[]> =>
    Promise.all(
      kinds.map((kind) => installation.launch(join(houseOf(release), `workers/${kind}.ts`))),
    );

  async function enqueue(web: TestProcess, payload: unknown): Promise<string> {
    const url = `${await urlOf(web)}/api/v1/runs`;
    const { status, body } = await ask<{ id: string }>(
      url,
      { job: 'keep-contact', payload },
      await installation.key(),
    );
    expect(status).toBe(202);
    return body.id;
  }

  const done = (web: TestProcess, ...ids: string[]): Promise<Run[]> =>
    Promise.all(
      ids.map((id) =>
        until(async () => {
          const { body } = await ask<Run>(
            `${url.get(web)}/api/v1/runs/${id}`,
            undefined,
            await installation.key(),
          );
          return body.state === 'succeeded' ? body : undefined;
        }, patience),
      ),
    );
  const url = new Map<TestProcess, string>();

  async function workerOf({ worker }: Run): Promise<number> {
    const rows = await query<{ pid: number }>(
      `select pid from nightshift.workers where id = '${worker}'`,
    );
    return rows[0]!.pid;
  }

  async function stop(...processes: TestProcess[]): Promise<void> {
    for (const one of processes) one.kill('SIGTERM');
    for (const one of processes) expect(await one.ended()).toBe(0);
  }

  test('the change of the guide rolls out over what runs, and no run fails', async () => {
    installation = await openTestInstallation(footprint, {
      NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
      NIGHTSHIFT_HEARTBEAT: '1s',
    });
    const contact = (n: number) => ({ email: `${n}@example.org`, name: `Ada ${n} Lovelace` });
    const newer = (n: number) => ({ email: `${n}@example.org`, first: 'Ada', last: `${n} L` });

    await command(1, 'migrate', 'up');
    const [oldWeb, oldWorker, control] = (await launch(1, 'web', 'general', 'control')) as [
      TestProcess,
      TestProcess,
      TestProcess,
    ];
    url.set(oldWeb, await urlOf(oldWeb));
    await done(oldWeb, await enqueue(oldWeb, contact(1)));

    // Expand: what is old goes on, and leaves what is new alone.
    expect(await command(2, 'migrate', 'up')).toMatch(/0002-first-and-last/);
    await done(oldWeb, await enqueue(oldWeb, contact(2)));
    const [web] = (await launch(2, 'web')) as [TestProcess];
    url.set(web, await urlOf(web));
    const ahead = await enqueue(web, newer(3));
    await done(oldWeb, await enqueue(oldWeb, contact(4)));
    expect(await command(2, 'runs', 'show', ahead)).toMatch(
      /waits for +a worker with version 2 of keep-contact; the newest that runs has version 1/,
    );
    expect(await command(2, 'doctor')).toMatch(
      /1 queued runs of keep-contact were accepted by newer code/,
    );

    const [worker] = (await launch(2, 'general')) as [TestProcess];
    const [waited] = await done(web, ahead);
    expect(await workerOf(waited!)).toBe(worker.pid);
    const both: string[] = [];
    for (let n = 10; n < 30; n += 2)
      both.push(await enqueue(oldWeb, contact(n)), await enqueue(web, newer(n + 1)));
    await done(web, ...both);
    const late = await enqueue(oldWeb, contact(40));
    await stop(oldWeb, oldWorker, control);
    const [brought] = await done(web, late, await enqueue(web, newer(41)));
    expect(brought).toMatchObject({ version: 1, payload: contact(40) });

    // Contract: the release before goes on, which does not use what goes.
    expect(await command(3, 'migrate', 'up')).toMatch(/0003-no-name/);
    const last = await done(web, await enqueue(web, newer(50)));
    expect(await workerOf(last[0]!)).toBe(worker.pid);
    await launch(3, 'general', 'control');
    await stop(worker);
    await done(web, await enqueue(web, newer(51)));

    const runs = await query('select distinct state, failures, losses from nightshift.runs');
    expect(runs).toEqual([{ state: 'succeeded', failures: 0, losses: 0 }]);
    const contacts = await query<Record<string, string>>(
      `select * from nightshift.contacts order by split_part(email, '@', 1)::int`,
    );
    expect(contacts).toHaveLength(28);
    expect(contacts[1]).toEqual({ email: '2@example.org', first: 'Ada', last: '2 Lovelace' });
    expect(contacts[2]).toEqual({ email: '3@example.org', first: 'Ada', last: '3 L' });
    expect(contacts.every(({ first }) => first === 'Ada')).toBe(true);
  }, 300_000);
});
