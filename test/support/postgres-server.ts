import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { temporaryFolder } from './folder.ts';
import { findFreePort, findProgram, startServer, type TestServer } from './server.ts';

/** Starts a private Postgres; with `password` it asks the user postgres for it. */
export async function startPostgresServer({
  password = '',
  maxConnections = 100,
} = {}): Promise<TestServer> {
  const program = findProgram('postgres');
  const folder = await temporaryFolder();
  const owner = unprivilegedUser();
  if (owner) await chown(folder.path, owner.uid, owner.gid);
  await chmod(folder.path, 0o755);
  const data = await createCluster(folder.path, password);
  const port = await findFreePort();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const place = ['-D', data, '-p', String(port), '-k', folder.path, '-h', '127.0.0.1'];
  const options = [...place, '-c', `max_connections=${maxConnections}`];
  return startServer({
    url,
    port,
    folder,
    launch: () => spawn(program, options, { stdio: 'pipe', cwd: '/', ...owner }),
    answers: () => postgresAnswers(url),
  });
}

/** True when a Postgres answers at `url`. */
export async function postgresAnswers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {}); // the query that fails says it
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Who runs a program that refuses root: postgres or nobody; undefined when we are not root ourselves. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = ['postgres', 'nobody'].flatMap((name) => users.filter(([is]) => is === name))[0];
  if (!user) throw new Error('There is no user postgres or nobody to run Postgres as.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function createCluster(folder: string, password: string): Promise<string> {
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o644 });
  const access =
    password === '' ? ['-A', 'trust'] : ['-A', 'scram-sha-256', '--pwfile', passwordFile];
  await promisify(execFile)(
    findProgram('initdb'),
    ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync', ...access],
    { ...unprivilegedUser(), cwd: '/' },
  );
  return data;
}
