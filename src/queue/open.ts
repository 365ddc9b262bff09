import type { OnAvailability } from '../core/availability.ts';
import type { Database } from '../db/index.ts';
import type { Backend } from './backend.ts';

/** What the queues stand on. */
export interface QueuesOptions {
  readonly database: Database;
  /** Redis or Valkey carries the queues; without it the database does. */
  readonly redisUrl?: string;
  /** Keeps installations on one server apart. */
  readonly prefix: string;
  /** The installation's id: two that share a Redis and a prefix are refused. */
  readonly installation?: string;
  /** Hears of faults that no caller waits for. */
  readonly onError?: (error: Error) => void;
  /** Hears, in sentences, what an operator should mend about the server. */
  readonly onWarning?: (warning: string) => void;
  /** Follows whether Redis answers; where the database carries the queues, its own tells. */
  readonly onAvailability?: OnAvailability;
}

/** Opens the backend that `options` ask for: the one place where the footprint is chosen. */
export async function openBackend(options: QueuesOptions): Promise<Backend> {
  const { redisUrl, database, onError = () => {}, ...shared } = options;
  if (redisUrl !== undefined) {
    const { openRedisBackend } = await import('./redis.ts');
    return openRedisBackend({ ...shared, url: redisUrl, onError });
  }
  const { openPostgresBackend } = await import('./postgres.ts');
  return openPostgresBackend({ database, prefix: shared.prefix, onError });
}
