import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type FaultKind, footprintsWith, type Site } from './fault.ts';

const shared = {
  lane: 'servers',
  on: 'server',
  footprints: footprintsWith.redis,
  lastsMs: () => [0, 1000],
} as const satisfies Partial<FaultKind>;

/** What happens to the queue server. */
export const redisFaults: readonly FaultKind[] = [
  {
    ...shared,
    name: 'Redis killed',
    strike: ({ place }, { lastsMs }) => restart(place, lastsMs, async () => {}),
  },
  {
    ...shared,
    name: 'Redis killed and its file lost',
    strike: ({ place }, { lastsMs }) =>
      restart(place, lastsMs, () =>
        rm(join(place.redis!.folder, 'appendonlydir'), { recursive: true, force: true }),
      ),
  },
  {
    ...shared,
    name: 'Redis flushed',
    strike: ({ place }) => command(place, (redis) => redis.flushall()),
  },
  {
    ...shared,
    name: 'Redis connections dropped',
    strike: ({ place }) =>
      command(place, (redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
  },
  {
    ...shared,
    name: 'Redis key deleted',
    strike: ({ place }, { choice }) => command(place, (redis) => deleteOne(redis, choice)),
  },
];

async function restart(
  { redis }: Site['place'],
  lastsMs: number,
  meanwhile: () => Promise<void>,
): Promise<void> {
  await redis!.stop('SIGKILL');
  await meanwhile();
  await sleep(lastsMs);
  await redis!.start();
}

async function command(
  { redis }: Site['place'],
  work: (client: Redis) => Promise<unknown>,
): Promise<void> {
  const client = new Redis(redis!.url);
  try {
    await work(client);
  } finally {
    client.disconnect();
  }
}

/** Wait lists, delayed and prioritized sets, active lists, settings, and the jobs themselves. */
const sorts = ['wait', 'delayed', 'active', 'prioritized', 'meta', 'job'] as const;

/** Deletes a key of the chosen sort, or of the next sort that there is one of. */
async function deleteOne(redis: Redis, choice: number): Promise<void> {
  const first = Math.floor(choice * sorts.length);
  for (let tries = 0; tries < 200; tries++) {
    const keys = await redis.keys('chaos:*');
    const ofSort = (sort: string) =>
      keys.filter((key) => (sort === 'job' ? /-[\da-f]{12}$/ : new RegExp(`:${sort}$`)).test(key));
    // What lies in a queue comes and goes; its settings are always there, and come last.
    const order = [...sorts.slice(first), ...sorts.slice(0, first)];
    const wanted = tries < 100 ? order.slice(0, 1) : order;
    const key = wanted.flatMap(ofSort)[0];
    if (key !== undefined) {
      await redis.del(key);
      return;
    }
    await sleep(10);
  }
}
