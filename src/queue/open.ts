import type { Database } from '../db/index.ts';
import type { Backend } from './backend.ts';

/** What the queues stand on. */
export interface QueuesOptions {
  readonly database: Database;
  /** Redis or Valkey carries the queues; without it the database does. */
  readonly redisUrl?: string;
  /** Keeps installations on one server apart. */
  readonly prefix: string;
  /** Hears of lost connections and other faults that no caller waits for. */
  readonly onError?: (error: Error) => void;
}

/** Opens the backend that `options` ask for: the one place where the footprint is chosen. */
export async function openBackend(options: QueuesOptions): Promise<Backend> {
  const { redisUrl, database, prefix, onError = () => {} } = options;
  if (redisUrl !== undefined) {
    const { openRedisBackend } = await import('./redis.ts');
    return openRedisBackend({ url: redisUrl, prefix, onError });
  }
  const { openPostgresBackend } = await import('./postgres.ts');
  return openPostgresBackend({ database, prefix, onError });
}
