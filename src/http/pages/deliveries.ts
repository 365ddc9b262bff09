import { z } from 'zod';
import { renderDelivery } from '../../console/index.ts';
import { Failure } from '../../core/errors.ts';
import { listRuns } from '../../ledger/index.ts';
import type { Operated, Server } from '../operated.ts';
import { readerOf, sendPage, shownTo } from './send.ts';

const named = z.strictObject({ name: z.string().max(200), id: z.string().max(200) });

/** As many runs of a delivery as its page shows. */
const mostShown = 1000;

/** The runs of a delivery, as its queue has it: where Bull Board's jobs lead that carry many. */
export function deliveryPage(server: Server, { database, catalogue, queues }: Operated): void {
  server.get('/deliveries/:name/:id', { schema: { params: named } }, async (request, reply) => {
    const { id } = request.params;
    const { name: job } = catalogue.find(request.params.name);
    const delivery = await queues.find(job, id);
    if (!delivery) throw new Failure('delivery.missing', { job, id });
    const { runs: ids } = delivery;
    const within = request.actor.jobs;
    const runs = await listRuns(database, { ids, within, limit: mostShown });
    return sendPage(
      reply,
      renderDelivery({
        reader: readerOf(request)!,
        now: new Date(),
        job,
        id,
        runs: shownTo(request, runs),
        count: ids.length,
      }),
    );
  });
}
