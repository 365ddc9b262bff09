import { spawn } from 'node:child_process';
import { chmod, chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { postgresAnswers, unprivilegedUser } from './postgres-server.ts';
import { findFreePort, findProgram, startServer, type TestServer } from './server.ts';

export interface PgBouncerOptions {
  /** The database behind it, as the URL of its clients. */
  readonly url: string;
  readonly mode?: 'transaction' | 'session';
}

/** Starts a private PgBouncer in front of the database of `url`; its own URL leads to the same one. */
export async function startPgBouncer({
  url,
  mode = 'transaction',
}: PgBouncerOptions): Promise<TestServer> {
  const program = findProgram('pgbouncer');
  const { hostname, port: behind, username, pathname } = new URL(url);
  const folder = await temporaryFolder();
  const owner = unprivilegedUser();
  if (owner) await chown(folder.path, owner.uid, owner.gid);
  await chmod(folder.path, 0o755);
  const port = await findFreePort();
  const settings = join(folder.path, 'pgbouncer.ini');
  await writeFile(
    settings,
    `[databases]
* = host=${hostname} port=${behind || 5432} user=${username || 'postgres'}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 6
max_client_conn = 500
`,
  );
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String(port);
  own.pathname = pathname;
  return startServer({
    url: own.href,
    port,
    folder,
    launch: () => spawn(program, ['-q', settings], { stdio: 'pipe', cwd: '/', ...owner }),
    answers: () => postgresAnswers(own.href),
  });
}
