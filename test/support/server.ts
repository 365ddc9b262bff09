import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TemporaryFolder } from './folder.ts';
import { until } from './until.ts';

/** A server of ours on a free port, with its data in a temporary folder. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Where its data is. */
  readonly folder: string;
  /** The process now running, for kill and pause; undefined while stopped. */
  readonly pid: number | undefined;
  /** Stops it, by default at once and hard, as a crash would; its data stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
}

export interface ServerParts {
  readonly url: string;
  readonly port: number;
  readonly folder: TemporaryFolder;
  launch(): ChildProcess;
  answers(): Promise<boolean>;
}

/** Starts what `parts` describe and waits until it answers; disposing stops it and removes its folder. */
export async function startServer(parts: ServerParts): Promise<TestServer> {
  let child: ChildProcess | undefined;
  const killAtExit = () => child?.kill('SIGKILL');
  process.on('exit', killAtExit);

  async function launchOnce(): Promise<boolean> {
    const launched = parts.launch();
    launched.stdout?.resume();
    launched.stderr?.resume();
    child = launched;
    await until(async () => hasExited(launched) || (await parts.answers()), { timeoutMs: 30_000 });
    return !hasExited(launched);
  }

  const server: TestServer = {
    url: parts.url,
    port: parts.port,
    folder: parts.folder.path,
    get pid() {
      return child?.pid;
    },
    async start() {
      // A Postgres that was killed leaves children for a moment, and they hold its shared memory.
      await until(launchOnce, { timeoutMs: 30_000, everyMs: 200 });
    },
    async stop(signal = 'SIGKILL') {
      const stopping = child;
      child = undefined;
      if (!stopping || hasExited(stopping)) return;
      const exited = new Promise((resolve) => stopping.once('exit', resolve));
      stopping.kill(signal);
      stopping.kill('SIGCONT');
      await exited;
    },
    async [Symbol.asyncDispose]() {
      await server.stop('SIGINT');
      process.off('exit', killAtExit);
      await parts.folder[Symbol.asyncDispose]();
    },
  };
  await server.start();
  return server;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The one line that a machine without the servers gets. */
const installHint =
  'The tests need PostgreSQL and Redis: apt-get install postgresql redis-server (macOS: brew install postgresql redis), or set DATABASE_URL and REDIS_URL; some need PgBouncer and Prometheus, too (apt-get install pgbouncer prometheus).';

/** The path of an installed program; throws with how to install it. */
export function findProgram(name: string): string {
  const folders = [
    ...(process.env['PATH'] ?? '').split(':'),
    // Debian keeps daemons out of the PATH of people.
    '/usr/sbin',
    ...postgresFolders(),
  ];
  const folder = folders.find((candidate) => existsSync(join(candidate, name)));
  if (folder === undefined) throw new Error(`${name} is not installed. ${installHint}`);
  return join(folder, name);
}

/** Debian keeps Postgres outside PATH, one folder per version; the newest comes first. */
function postgresFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'));
}

/** A port that nothing listens on just now. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
