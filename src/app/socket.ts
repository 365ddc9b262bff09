import { createHash } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '../../config/index.ts';
import type { Server } from '../http/index.ts';

/** The longest path a Unix socket can have on every system we run on (macOS: 104 bytes with its end). */
const longestPath = 100;

/** Where the process that holds the data folder answers the CLI; undefined where the database is a server. */
export function socketPathOf(config: Config): string | undefined {
  if (config.database.kind === 'postgres') return undefined;
  const folder = resolve(config.database.folder);
  const inside = join(folder, 'nightshift.sock');
  if (Buffer.byteLength(inside) <= longestPath) return inside;
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  return join(tmpdir(), `nightshift-${hash}.sock`);
}

/** Answers on the socket until the returned function is called. A socket file left by a dead process is in the way of nobody. */
export async function listenOnSocket(server: Server, config: Config): Promise<() => Promise<void>> {
  const path = socketPathOf(config);
  if (path === undefined) return () => Promise.resolve();
  await rm(path, { force: true });
  await server.listen({ path });
  // Whoever can open it may do everything, and a long path of the data folder puts it into the common temporary one.
  await chmod(path, 0o600);
  return () => rm(path, { force: true });
}
