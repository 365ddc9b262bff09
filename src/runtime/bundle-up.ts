import { shareDeliveries } from '../core/bundle.ts';
import type { Sql } from '../core/sql.ts';
import { type Dispatchable, newDelivery, renewDeliveries } from '../ledger/index.ts';
import type { Catalogue } from './catalogue.ts';

/**
 * Lets those of the runs share deliveries whose jobs allow it, and writes that down before anybody dispatches
 * them. What has failed or lost a worker before goes alone, and so does what may be put off by a debounce. Leaves out what has moved on meanwhile.
 *
 * Each gets a new delivery, also one that shares one already: the others of that bundle may come with another
 * batch, and a queue takes a delivery that it knows only once.
 */
export async function bundleUp(
  { database, catalogue }: { readonly database: Sql; readonly catalogue: Catalogue },
  runs: readonly Dispatchable[],
): Promise<Dispatchable[]> {
  const mayShare = ({ job, delayMs, alone }: Dispatchable) =>
    !alone && delayMs === 0 && catalogue.bundleOf(job) > 1;
  const sharing = runs.filter(mayShare);
  if (sharing.length === 0) return [...runs];
  const shared = shareDeliveries(
    sharing.map((run) => ({
      ...run,
      delivery: newDelivery(),
      bundle: catalogue.bundleOf(run.job),
    })),
  );
  const renewals = sharing.map(({ id, delivery }, i) => ({
    id,
    delivery,
    next: shared[i]!.delivery,
  }));
  const renewed = await renewDeliveries(database, renewals);
  return [...runs.filter((run) => !mayShare(run)), ...renewed];
}
