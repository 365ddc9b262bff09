import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { runStates } from '../../core/run.ts';
import { type Bulk, findBulk, listFailures } from '../../ledger/index.ts';
import { beginBulk, carryOutBulk, tryBulk } from '../../runtime/index.ts';
import type { Operated, Server } from '../operated.ts';
import { byId, filterFields, showRun } from './run-schemas.ts';

const newBulk = z.strictObject({
  action: z.enum(['retry', 'cancel']),
  filter: z.strictObject({ ...filterFields, state: z.enum(runStates).optional() }).default({}),
  all: z.boolean().optional(),
  dryRun: z.boolean().default(false),
  rate: z.number().min(0.001).max(100_000).optional(),
  limit: z.int().min(1).max(10_000_000).optional(),
  reason: z.string().min(1).max(1000).optional(),
});

const failuresQuery = z.object({
  ...filterFields,
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});

/** After so long an action is answered as far as it is; it goes on, and its row tells how far. */
const patienceMs = 10_000;

/** Many runs at once: what failed, by cause, and actions by filter. */
export function bulkRoutes(server: Server, { database, queues }: Operated): void {
  const services = { database, queues };
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  server.addHook('preClose', async () => {
    closing.abort();
    await Promise.all(underWay);
  });

  server.get(
    '/runs/failures',
    { schema: { querystring: failuresQuery } },
    async ({ query, actor }) => ({
      failures: await listFailures(database, { ...query, within: actor.jobs }),
    }),
  );

  server.post('/runs/bulk', { schema: { body: newBulk } }, async ({ body, actor }, reply) => {
    const { dryRun, ...order } = body;
    const wanted = { ...order, filter: { ...order.filter, within: actor.jobs } };
    if (dryRun) {
      const { matched, sample } = await tryBulk(services, wanted);
      return { dryRun, matched, sample: sample.map(showRun) };
    }
    const begun = await beginBulk(services, wanted);
    // It is written down: what fails from here on is tried again, and told of, by the duty.
    const settled = carryOutBulk(services, begun.id, closing.signal)
      .catch(() => undefined)
      .finally(() => underWay.delete(settled));
    underWay.add(settled);
    await Promise.race([settled, sleep(patienceMs, undefined, { ref: false })]);
    const bulk = await findBulk(database, begun.id).catch(() => begun);
    return reply.status(bulk.finishedAt ? 200 : 202).send(showBulk(bulk));
  });

  server.get('/runs/bulk/:id', { schema: { params: byId } }, async ({ params: { id } }) =>
    showBulk(await findBulk(database, id)),
  );
}

/** An action as it is answered. */
function showBulk({ most, ...bulk }: Bulk) {
  return { ...bulk, limit: most };
}
