import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { runStates } from '../../core/run.ts';
import { type Bulk, findBulk, listFailures } from '../../ledger/index.ts';
import { beginBulk, carryOutBulk, tryBulk } from '../../runtime/index.ts';
import { answering, optionalTime, pageAnswer } from '../answering.ts';
import { changingOnce, idempotencyHeaders } from '../idempotency.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOfAll } from '../paging.ts';
import { failureGroup, runAnswer } from './run-answers.ts';
import { byId, filterFields, showRun } from './run-schemas.ts';

const order = z
  .strictObject({
    action: z.enum(['retry', 'cancel']),
    filter: z.strictObject({ ...filterFields, state: z.enum(runStates).optional() }).default({}),
    all: z.boolean().optional(),
    dryRun: z.boolean().default(false),
    rate: z.number().min(0.001).max(100_000).optional(),
    limit: z.int().min(1).max(10_000_000).optional(),
    reason: z.string().min(1).max(1000).optional(),
  })
  .meta({
    'x-examples': {
      usual: { value: { action: 'retry', filter: { job: 'mail-triage' }, dryRun: true } },
    },
  });

const failuresQuery = z.strictObject({ ...filterFields, ...pageFields(50) });

const bulkAnswer = z.strictObject({
  id: z.string(),
  action: z.enum(['retry', 'cancel']),
  filter: z.looseObject({}),
  rate: z.number().nullable(),
  reason: z.string().nullable(),
  limit: z.number().nullable(),
  begunAt: z.date(),
  finishedAt: optionalTime.describe('Null while it goes on.'),
  matched: z.int(),
  changed: z.int(),
});

const trial = z.strictObject({
  dryRun: z.literal(true),
  matched: z.int(),
  sample: z.array(runAnswer),
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
    {
      schema: {
        tags: ['runs'],
        summary: 'Failed runs by their cause, the newest first',
        querystring: failuresQuery,
        ...answering({ 200: pageAnswer('failures', failureGroup) }),
      },
    },
    async ({ query: { limit, cursor, ...filter }, actor }) => {
      const groups = await listFailures(database, { ...filter, limit: 1000, within: actor.jobs });
      const { page, next } = pageOfAll('failures', groups, {
        limit,
        cursor,
        placeOf: ({ job, fingerprint }) => `${job} ${fingerprint}`,
      });
      return { failures: page, ...next };
    },
  );

  server.post(
    '/runs/bulk',
    {
      schema: {
        tags: ['runs'],
        summary: 'Retry or cancel all runs that a filter finds; dryRun only counts them',
        headers: idempotencyHeaders,
        body: order,
        ...answering({ 200: z.union([trial, bulkAnswer]), 202: bulkAnswer }),
      },
    },
    async (request, reply) => {
      const { body, actor } = request;
      const { dryRun, ...asked } = body;
      const wanted = { ...asked, filter: { ...asked.filter, within: actor.jobs } };
      if (dryRun) {
        request.changesNothing();
        const { matched, sample } = await tryBulk(services, wanted);
        return reply.send({ dryRun, matched, sample: sample.map(showRun) });
      }
      const writing = changingOnce(request, reply, {
        resource: 'bulk',
        details: asked,
        tell: (bulk) => ({ ids: [(bulk as Bulk).id] }),
      });
      const begun = await beginBulk({ ...services, database: writing }, wanted);
      // It is written down: what fails from here on is tried again, and told of, by the duty.
      const settled = carryOutBulk(services, begun.id, closing.signal)
        .catch(() => undefined)
        .finally(() => underWay.delete(settled));
      underWay.add(settled);
      await Promise.race([settled, sleep(patienceMs, undefined, { ref: false })]);
      const bulk = await findBulk(database, begun.id).catch(() => begun);
      return reply.status(bulk.finishedAt ? 200 : 202).send(showBulk(bulk));
    },
  );

  server.get(
    '/runs/bulk/:id',
    {
      schema: {
        tags: ['runs'],
        summary: 'How far a bulk action is',
        params: byId,
        ...answering({ 200: bulkAnswer }),
      },
    },
    async ({ params: { id } }) => showBulk(await findBulk(database, id)),
  );
}

/** An action as it is answered. */
function showBulk({ most, ...bulk }: Bulk) {
  return { ...bulk, limit: most };
}
