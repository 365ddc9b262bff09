import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { DatabaseOptions } from '../../src/db/index.ts';
import { createTestPlace, type TestMigrations } from './database.ts';
import { removeKeys } from './redis-server.ts';

/** The three ways that Nightshift runs, for `describe.each`. */
export const footprints = ['embedded', 'postgres', 'cluster'] as const;

export type Footprint = (typeof footprints)[number];

/** What a process of one footprint is started with; disposing drops the database and the Redis keys. */
export interface TestFootprint extends AsyncDisposable {
  readonly footprint: Footprint;
  readonly database: DatabaseOptions;
  readonly redisUrl?: string;
  /** Begins every queue's keys, so that tests that share a Redis never meet. */
  readonly prefix: string;
  /** The same as the environment of a process, without the prefix. */
  readonly env: Readonly<Record<string, string>>;
}

/** A new database with `migrations` applied, and the Redis of the run where the footprint has one. */
export async function openTestFootprint(
  footprint: Footprint,
  migrations: TestMigrations = {},
): Promise<TestFootprint> {
  const place = await createTestPlace(footprint === 'embedded' ? 'pglite' : 'postgres', migrations);
  const prefix = `${inject('runId')}_${randomBytes(4).toString('hex')}`;
  const shared = { footprint, database: place.options, prefix };
  if (footprint !== 'cluster')
    return { ...shared, env: place.env, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
  const redisUrl = inject('redisUrl');
  return {
    ...shared,
    redisUrl,
    env: { ...place.env, REDIS_URL: redisUrl },
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]();
      await removeKeys(redisUrl, prefix);
    },
  };
}
