import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { temporaryFolder } from './folder.ts';
import { findFreePort, findProgram, startServer, type TestServer } from './server.ts';

/**
 * Starts a private Redis; with `appendOnly` it writes each change to its file before it answers, and to the disk
 * at once or, with `fsync: 'everysec'`, as most installations have it.
 */
export async function startRedisServer({
  appendOnly = false,
  fsync = 'always',
}: {
  appendOnly?: boolean;
  fsync?: 'always' | 'everysec';
} = {}): Promise<TestServer> {
  const program = findProgram('redis-server');
  const folder = await temporaryFolder();
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    folder.path,
  ];
  if (appendOnly) options.push('--appendonly', 'yes', '--appendfsync', fsync);
  return startServer({
    url,
    port,
    folder,
    launch: () => spawn(program, options, { stdio: 'pipe' }),
    answers: () => redisAnswers(url),
  });
}

/** True when a Redis answers at `url`. */
export async function redisAnswers(url: string): Promise<boolean> {
  const redis = openRedis(url);
  try {
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

/** Removes every key that begins with `prefix`. */
export async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = openRedis(url);
  try {
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 }))
      if (keys.length > 0) await redis.unlink(keys as string[]);
  } finally {
    redis.disconnect();
  }
}

/** A client that fails at once instead of waiting for its server. */
function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  });
  redis.on('error', () => {}); // the command that fails says it
  return redis;
}
