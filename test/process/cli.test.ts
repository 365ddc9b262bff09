import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { runCommand } from '../support/command.ts';
import { folderOf } from '../support/data-folder.ts';
import { createTestPlace } from '../support/database.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/folder.ts';
import { openTestInstallation, startFile, type TestInstallation } from '../support/installation.ts';
import { startPostgresServer, unprivilegedUser } from '../support/postgres-server.ts';
import { startProcess } from '../support/process.ts';
import { findFreePort, type TestServer } from '../support/server.ts';

let home: TemporaryFolder;
beforeAll(async () => {
  home = await temporaryFolder();
  await chmod(home.path, 0o755);
});
afterAll(() => home[Symbol.asyncDispose]());

/** The environment of somebody whose data folder would be `name`. */
const dataIn = (name: string) => ({ NIGHTSHIFT_DATA: join(home.path, name) });

/** What a person reads: the status, and lines that are not the process's own log. */
async function nightshift(args: readonly string[], env: Record<string, string> = {}, user = {}) {
  const result = await runCommand(args, { env, cwd: home.path, ...user });
  const errors = result.errors
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{"level"'));
  return { ...result, errors };
}

describe('--help', () => {
  const listCommands = (command: Command): Command[] => [
    command,
    ...command.commands.flatMap(listCommands),
  ];
  const commands = listCommands(
    buildProgram(() => {
      throw new Error('help needs no configuration');
    }),
  );
  const nameOf = (command: Command): string =>
    command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

  test.each(commands.map((command) => [nameOf(command), command] as const))(
    '%s says what it does, and what each option is for',
    (_, command) => {
      expect(command.description().length).toBeGreaterThan(10);
      for (const { description } of command.options) expect(description.length).toBeGreaterThan(5);
      for (const sub of command.commands) expect(command.helpInformation()).toContain(sub.name());
    },
  );

  test('of the whole begins with first steps, and ends with status 0', async () => {
    const { status, output } = await nightshift(['--help']);
    expect(status).toBe(0);
    for (const word of [
      'nightshift demo',
      'nightshift start',
      'doctor',
      'Exit status: 0 done, 1 failed, 2 wrong use',
    ])
      expect(output).toContain(word);
  });
});

describe('wrong use ends with status 2 and one sentence, and makes nothing', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a command with a slip', ['enqueu'], /Did you mean enqueue\?/],
    ['a subcommand with a slip', ['runs', 'lst'], /Did you mean list\?/],
    ['a flag with a slip', ['jobs', '--jsn'], /Did you mean --json\?/],
    ['an argument that is missing', ['enqueue'], /missing required argument 'job'/],
    [
      'a payload that is not JSON',
      ['enqueue', 'mail-triage', '--payload', '{mailbox'],
      /--payload.*is invalid\. It is not JSON/,
    ],
  ])('%s', async (what, args, says) => {
    const env = dataIn(what.replaceAll(' ', '-'));
    const { status, output, errors } = await nightshift(args, env);
    expect(errors.join('\n')).toMatch(says);
    expect([status, output]).toEqual([2, '']);
    expect(errors.at(-1)).toBe('Say it with --help to see what it takes.');
    expect(existsSync(env.NIGHTSHIFT_DATA)).toBe(false);
  });
});

describe('what the API refuses is one sentence, and nothing is stored', () => {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = await openTestInstallation('postgres');
  });
  afterAll(() => installation[Symbol.asyncDispose]());

  test.each<[string, string[], number, RegExp[]]>([
    ['an unknown job', ['mail-triag'], 1, [/no job "mail-triag"; did you mean "mail-triage"\?/]],
    [
      'a payload with several faults',
      ['mail-triage', '--payload', '{"mailbox":"","limit":"many"}'],
      2,
      [/The payload of mail-triage is not valid/, /mailbox: /, /limit: /],
    ],
    [
      'a delay that is none',
      ['mail-triage', '--payload', '{"mailbox":"sample"}', '--delay', 'soon'],
      2,
      [/"soon" is not a duration/],
    ],
    [
      'a priority that is none',
      ['mail-triage', '--payload', '{"mailbox":"sample"}', '--priority', 'high'],
      2,
      [/priority/],
    ],
    [
      'a debounce without its time',
      ['mail-triage', '--payload', '{"mailbox":"sample"}', '--debounce', 'a'],
      2,
      [/--debounce has to come with --for/],
    ],
    [
      'a time of nothing',
      ['mail-triage', '--payload', '{"mailbox":"sample"}', '--for', '5s'],
      2,
      [/--for has to come with --unique, --debounce or --throttle/],
    ],
    [
      'a key that is empty',
      ['mail-triage', '--payload', '{"mailbox":"sample"}', '--unique', ''],
      2,
      [/The key of unique is empty/],
    ],
    [
      'two rules at once',
      [
        'mail-triage',
        '--payload',
        '{"mailbox":"sample"}',
        '--unique',
        '--throttle',
        'a',
        '--for',
        '5s',
      ],
      2,
      [/unique and throttle cannot be given together/],
    ],
  ])('%s', async (_, args, expected, says) => {
    const { status, output, errors } = await installation.command('enqueue', ...args);
    expect([status, output]).toEqual([expected, '']);
    for (const pattern of says) expect(errors).toMatch(pattern);
    expect(
      errors
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('    at ')),
    ).toEqual([]);
    expect(
      await installation.look((database) => database.query('select id from nightshift.runs')),
    ).toEqual([]);
  });

  test('a run that is there already is told, and shows its key', async () => {
    await using other = await openTestInstallation('postgres');
    const args = ['enqueue', 'mail-triage', '--payload', '{"mailbox":"sample"}'];
    const keyed = [...args, '--debounce', 'the inbox', '--for', '1h', '--up-to', '2h'];
    const first = await other.ask<{ id: string }>(...keyed);
    expect(await other.ask(...keyed)).toEqual({ id: first.id, existing: true });
    expect((await other.command(...keyed)).output).toMatch(`It is there already: run ${first.id}.`);
    const { output } = await other.command('runs', 'show', first.id);
    expect(output).toMatch(/debounce key +the inbox/);
    const twice = [await other.ask<{ id: string }>(...args, '--unique')];
    twice.push(await other.ask<{ id: string }>(...args, '--unique'));
    expect(twice[1]).toEqual({ id: twice[0]!.id, existing: true });
  });

  test('under --json an error is one JSON value too', async () => {
    const { status, errors } = await installation.command('enqueue', 'mail-triag', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(errors)).toMatchObject({ error: { code: 'job.unknown', kind: 'missing' } });
  });

  test('a run that is not there is status 1, and what can be no run is status 2', async () => {
    const id = '019a0000-0000-7000-8000-000000000001';
    const gone = await installation.command('runs', 'show', id);
    expect(gone.status).toBe(1);
    expect(gone.errors).toContain(`There is no run ${id}. List runs with: nightshift runs list`);
    const wrong = await installation.command('runs', 'show', 'nobody');
    expect(wrong.status).toBe(2);
    expect(wrong.errors).toContain('"nobody" is not the id of a run');
  });
});

describe('servers that are not as the settings say', () => {
  let locked: TestServer;
  beforeAll(async () => {
    locked = await startPostgresServer({ password: 'right' });
  });
  afterAll(() => locked[Symbol.asyncDispose]());

  async function expectRefusal(
    env: Record<string, string>,
    { status, says }: { status: number; says: RegExp },
  ) {
    for (const command of [['runs', 'list'], ['start']]) {
      const refused = await nightshift(command, env);
      expect([refused.status, refused.output]).toEqual([status, '']);
      expect(refused.errors.join('\n')).toMatch(says);
      expect(refused.errors.filter((line) => line.startsWith('    at '))).toEqual([]);
    }
    const examined = await nightshift(['doctor', '--json'], env);
    expect(examined.status).toBe(1);
    const faults = (JSON.parse(examined.output) as { state: string; says: string }[]).filter(
      ({ state }) => state === 'fault',
    );
    expect(faults.map((fault) => fault.says).join('\n')).toMatch(says);
  }

  test('DATABASE_URL where nothing listens', async () => {
    const port = await findFreePort();
    const says = new RegExp(
      `Postgres at 127.0.0.1:${port} does not answer.*Start it, or correct DATABASE_URL`,
    );
    await expectRefusal(
      { DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/x` },
      { status: 1, says },
    );
  });

  test('DATABASE_URL with a wrong password, which is not shown', async () => {
    const url = locked.url.replace('right', 'geheim');
    await expectRefusal(
      { DATABASE_URL: url },
      { status: 1, says: /refused the connection.*Correct the user, password or database/ },
    );
    const { errors } = await nightshift(['jobs'], { DATABASE_URL: url });
    expect(errors.join('\n')).not.toContain('geheim');
  });

  test('DATABASE_URL of a database that is not there', async () => {
    const url = locked.url.replace(/\/postgres$/, '/nowhere');
    await expectRefusal(
      { DATABASE_URL: url },
      { status: 1, says: /database "nowhere" does not exist/ },
    );
  });

  test('DATABASE_URL and others that are no URLs, all named at once', async () => {
    const env = { DATABASE_URL: 'localhost', REDIS_URL: 'here', NIGHTSHIFT_GRACE: 'long' };
    await expectRefusal(env, {
      status: 2,
      says: /DATABASE_URL: [^]*REDIS_URL: [^]*NIGHTSHIFT_GRACE: /,
    });
  });

  test('REDIS_URL where nothing listens: runs are accepted and wait, and doctor says so', async () => {
    await using installation = await openTestInstallation('postgres', {
      REDIS_URL: `redis://127.0.0.1:${await findFreePort()}`,
    });
    const { id } = await installation.ask<{ id: string }>(
      'enqueue',
      'mail-triage',
      '--payload',
      '{"mailbox":"sample"}',
    );
    const rows = await installation.look((database) =>
      database.query('select run_id from nightshift.outbox'),
    );
    expect(rows).toEqual([{ run_id: id }]);
    const { status, output } = await installation.command('doctor');
    expect(status).toBe(1);
    expect(output).toMatch(/✗ queues +The queues cannot be reached/);
  });

  test('config print shows where each value comes from, and no password', async () => {
    const { status, output } = await nightshift(['config', 'print'], {
      DATABASE_URL: 'postgres://ada:geheim@db.example:5432/jobs',
      REDIS_URL: 'redis://:auchgeheim@redis.example:6379',
    });
    expect(status).toBe(0);
    expect(output).toMatch(
      /DATABASE_URL +postgres:\/\/ada:\*\*\*@db\.example:5432\/jobs +environment/,
    );
    expect(output).not.toContain('geheim');
  });
});

describe('the schema on a server', () => {
  test('is brought up and down, and a process that comes before is told so', async () => {
    await using place = await createTestPlace('postgres');
    const states = async () => {
      const { output } = await nightshift(['migrate', 'status', '--json'], place.env);
      return (JSON.parse(output) as { appliedAt?: string }[]).map(
        ({ appliedAt }) => appliedAt !== undefined,
      );
    };
    const before = await states();
    expect(before.length).toBeGreaterThan(2);
    expect(before).not.toContain(true);
    for (const command of ['start', 'jobs']) {
      const { status, errors } = await nightshift([command], place.env);
      expect([status, errors]).toEqual([
        1,
        [expect.stringContaining('Run: nightshift migrate up')],
      ]);
    }
    await using npmStart = startProcess(startFile, [], { env: { ...place.env, REDIS_URL: '' } });
    expect(await npmStart.ended()).toBe(1);
    expect(npmStart.errors).toContain('Run: nightshift migrate up');

    expect((await nightshift(['migrate', 'up'], place.env)).output).toMatch(/^Applied: /);
    expect((await nightshift(['migrate', 'up'], place.env)).output).toBe(
      'The schema is up to date.',
    );
    expect(await states()).not.toContain(false);
    expect((await nightshift(['migrate', 'down'], place.env)).output).toMatch(/^Undone: /);
    expect((await states()).filter((applied) => !applied)).toHaveLength(1);
  });
});

describe('a data folder that cannot be used', () => {
  const holder = new URL('db/fixtures/open-folder.ts', import.meta.url).pathname;

  test('held by a process that answers nobody: start and commands say who it is', async () => {
    await using place = await createTestPlace('pglite');
    await using held = startProcess(holder, [folderOf(place), 'hold']);
    await held.line(/^opened/, 60_000);
    const results = await Promise.all([
      nightshift(['start'], place.env),
      nightshift(['runs', 'list'], place.env),
    ]);
    for (const { status, errors } of results)
      expect([status, errors]).toEqual([
        1,
        [expect.stringContaining(`in use by process ${held.pid}`)],
      ]);
    const { output } = await nightshift(['doctor'], place.env);
    expect(output).toContain(`in use by process ${held.pid}`);
  });

  test('that is a file', async () => {
    const env = dataIn('a-file');
    await writeFile(env.NIGHTSHIFT_DATA, 'I was here first.');
    for (const command of [['start'], ['runs', 'list']]) {
      const { status, errors } = await nightshift(command, env);
      expect([status, errors]).toEqual([
        1,
        [expect.stringContaining(`The data folder ${env.NIGHTSHIFT_DATA} cannot be used`)],
      ]);
    }
    expect((await nightshift(['doctor'], env)).status).toBe(1);
  });

  const user = unprivilegedUser();

  test.runIf(user)('that this user may not write', async () => {
    const env = dataIn('of-somebody-else');
    await mkdir(env.NIGHTSHIFT_DATA, { mode: 0o755 });
    for (const command of [['start'], ['runs', 'list']]) {
      const { status, errors } = await nightshift(command, env, { user });
      expect([status, errors]).toEqual([1, [expect.stringContaining('cannot be written')]]);
    }
    const { status, output } = await nightshift(['doctor'], env, { user });
    expect(status).toBe(1);
    expect(output).toMatch(/✗ data folder .*cannot be written/);
  });
});
