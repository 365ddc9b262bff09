/** What people write who have no ledger: Fastify and `queue.add`, without a key, a check or a log. */
import { Queue } from 'bullmq';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import type { Settings } from '../contestants.ts';

const { redisUrl, prefix } = JSON.parse(process.argv[2]!) as Settings;
const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
const queue = new Queue('no-op', { connection, prefix });
const server = Fastify();
server.post<{ Body: { payload: unknown } }>('/api/v1/runs', async ({ body }, reply) => {
  const { id } = await queue.add('no-op', body.payload, { removeOnComplete: true });
  return reply.status(202).send({ id });
});
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.stderr.write(`"url":"${url}"\n`);
