import type { Redis } from 'ioredis';

/**
 * Which deliveries have a hash that is not finished: one short look each. BullMQ writes and deletes the hash
 * in the same script that moves the delivery, so that this is enough unless somebody deleted a list.
 */
export async function findKnown(
  redis: Redis,
  queueKey: string,
  deliveries: readonly string[],
): Promise<string[]> {
  const fields = await askEach(redis, deliveries, (pipeline, id) =>
    pipeline.hmget(`${queueKey}:${id}`, 'timestamp', 'finishedOn'),
  );
  return deliveries.filter((_, i) => {
    const [added, finished] = fields[i] as (string | null)[];
    return added !== null && finished === null;
  });
}

/** Which deliveries wait for a time of their own. */
export async function findDelayed(
  redis: Redis,
  queueKey: string,
  deliveries: readonly string[],
): Promise<string[]> {
  const scores = await askEach(redis, deliveries, (pipeline, id) =>
    pipeline.zscore(`${queueKey}:delayed`, id),
  );
  return deliveries.filter((_, i) => scores[i] !== null);
}

/**
 * Which deliveries have their hash and stand where a worker will find them. Costs one walk through what
 * waits, in pieces. It looks in the order in which a delivery moves, so that one on its way is not missed.
 */
export async function findCarried(
  redis: Redis,
  queueKey: string,
  deliveries: readonly string[],
): Promise<string[]> {
  const missing = new Set(await findKnown(redis, queueKey, deliveries));
  const known = [...missing];
  for (const set of ['delayed', 'prioritized']) {
    const ids = [...missing];
    const scores = await askEach(redis, ids, (pipeline, id) =>
      pipeline.zscore(`${queueKey}:${set}`, id),
    );
    for (const [i, id] of ids.entries()) if (scores[i] !== null) missing.delete(id);
  }
  for (const list of ['wait', 'paused', 'active'])
    await strikeOff(redis, `${queueKey}:${list}`, missing);
  return known.filter((id) => !missing.has(id));
}

const piece = 5_000;

/** From the end where deliveries are added: those that come meanwhile move others on to later pieces. */
async function strikeOff(redis: Redis, list: string, missing: Set<string>): Promise<void> {
  for (let from = 0; missing.size > 0; from += piece) {
    const ids = await redis.lrange(list, from, from + piece - 1);
    for (const id of ids) missing.delete(id);
    if (ids.length < piece) return;
  }
}

async function askEach(
  redis: Redis,
  ids: readonly string[],
  ask: (pipeline: ReturnType<Redis['pipeline']>, id: string) => unknown,
): Promise<unknown[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) ask(pipeline, id);
  const answers = (await pipeline.exec()) ?? [];
  return answers.map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
}
