import { execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseConfig } from '../../config/index.ts';
import { productMigrations } from '../../src/app/database.ts';
import { type Api, openApi } from '../../src/cli/api.ts';
import { type Database, openDatabase } from '../../src/db/index.ts';
import { type CommandResult, runCommand, unset } from './command.ts';
import { temporaryFolder } from './folder.ts';
import { type Footprint, openTestFootprint, type TestFootprint } from './footprint.ts';
import { makeKey } from './keys.ts';
import { type ProcessOptions, startProcess, type TestProcess } from './process.ts';

/** One footprint with the whole schema, and whole processes of the product on it. */
export interface TestInstallation extends AsyncDisposable {
  readonly place: TestFootprint;
  /** A folder of its own, where every process is started: no `.env` of anybody is read. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** `npm start`; resolves once it is up. Killed with the installation, if not before. */
  start(env?: Readonly<Record<string, string>>): Promise<TestProcess>;
  /** A file of the product or of a test, started with `args`; resolves once it is up, as `start` does. */
  launch(
    file: string,
    args?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<TestProcess>;
  /** Ends what `start` and `launch` started, and not yet ended, by SIGINT. */
  stop(): Promise<void>;
  /** A command of `nightshift`, run to its end. */
  command(...args: string[]): Promise<CommandResult>;
  /** The answer of a command to `--json`; throws what it said when it failed. */
  ask<T>(...args: string[]): Promise<T>;
  /** The API in this process: on the embedded footprint that of the process that is started. */
  openApi(): Promise<Api>;
  /** The secret of an admin key; the same whenever it is asked for. */
  key(): Promise<string>;
  /** Looks into the database; on the embedded footprint no process may hold it. */
  look<T>(work: (database: Database) => Promise<T>): Promise<T>;
}

/** `npm start`, without npm between the test and the process. */
export const startFile = join(import.meta.dirname, '../../workers/all.ts');

const upMs = 90_000;

type Settings = Readonly<Record<string, string>>;

/** Its processes run as `user` where one is given; only root may give one. */
export async function openTestInstallation(
  footprint: Footprint,
  settings: Settings | ((place: TestFootprint) => Settings | Promise<Settings>) = {},
  user?: ProcessOptions['user'],
): Promise<TestInstallation> {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await openTestFootprint(footprint, productMigrations));
  const { path: folder } = opening.use(await temporaryFolder());
  const env = {
    ...place.env,
    NIGHTSHIFT_PREFIX: place.prefix,
    NIGHTSHIFT_MAILBOX: folder,
    PORT: '0',
    ...(typeof settings === 'function' ? await settings(place) : settings),
  };
  const options = { env, cwd: folder, ...(user && { user }) };
  let key: Promise<string> | undefined;
  if (user) await handOver(place, folder, user);
  const opened = opening.move();
  const processes = new Set<TestProcess>();
  opened.defer(async () => {
    for (const started of processes) await started[Symbol.asyncDispose]();
  });
  const launch: TestInstallation['launch'] = async (file, args = [], more = {}) => {
    const started = startProcess(file, args, { ...options, env: { ...unset, ...env, ...more } });
    processes.add(started);
    await started.said(/nightshift is up/, upMs);
    return started;
  };
  return {
    place,
    folder,
    env,
    start: (more) => launch(startFile, [], more),
    launch,
    async stop() {
      for (const started of processes) started.kill('SIGINT');
      for (const started of processes) await started.ended();
    },
    command: (...args) => runCommand(args, options),
    async ask<T>(...args: string[]) {
      const { status, output, errors } = await runCommand([...args, '--json'], options);
      if (status !== 0)
        throw new Error(`nightshift ${args.join(' ')} ended with ${status}: ${errors}`);
      return JSON.parse(output) as T;
    },
    openApi: () => openApi(parseConfig(env)),
    key: () => (key ??= makeAdminKey(place, env)),
    async look(work) {
      const database = await openDatabase(place.database);
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Straight into a server's database, whose schema may be another release's; else by whoever holds the folder. */
async function makeAdminKey({ database }: TestFootprint, env: Settings): Promise<string> {
  await using closing = new AsyncDisposableStack();
  const close = (opened: { close(): Promise<void> }) => opened.close();
  if (database.kind === 'postgres')
    return (await makeKey(closing.adopt(await openDatabase(database), close))).secret;
  const api = closing.adopt(await openApi(parseConfig(env)), close);
  return (await api.post<{ secret: string }>('/keys', { name: 'a test', role: 'admin' })).secret;
}

/** Lets another user enter what root made, and own the data folder. */
async function handOver(
  { database }: TestFootprint,
  folder: string,
  { uid, gid }: NonNullable<ProcessOptions['user']>,
): Promise<void> {
  await chmod(folder, 0o755);
  if (database.kind !== 'pglite') return;
  await chmod(dirname(database.folder), 0o755);
  execFileSync('chown', ['-R', `${uid}:${gid}`, database.folder]);
}
