import type { Entry, Evidence } from '../evidence.ts';
import { type Violation, violation } from './violation.ts';

/** A bundle is no unit of failure: what lost its worker goes again without the others, until somebody retries it. */
export function checkAlone({ entries }: Evidence): Violation[] {
  const carried = new Map<string, Set<string>>();
  const deliveryOf = new Map<string, string>();
  const lost = new Set<string>();
  const again: { readonly run: string; readonly delivery: string }[] = [];

  function note({ run }: Entry, delivery: string): void {
    deliveryOf.set(run, delivery);
    carried.set(delivery, (carried.get(delivery) ?? new Set()).add(run));
    if (lost.has(run)) again.push({ run, delivery });
  }

  for (const entry of entries) {
    const { run } = entry;
    if (entry.kind === 'note' && entry.step.startsWith(prefix))
      note(entry, entry.step.slice(prefix.length));
    if (entry.kind !== 'move') continue;
    if (entry.from !== 'active') lost.delete(run);
    if (typeof entry.silentMs !== 'number' || entry.to === 'failed') continue;
    lost.add(run);
    // Its next delivery was written by the same statement, and is noted before the move.
    again.push({ run, delivery: deliveryOf.get(run)! });
  }
  return again.flatMap(({ run, delivery }) => {
    const others = (carried.get(delivery)?.size ?? 1) - 1;
    const says = `lost its worker, and went again in the delivery ${delivery} with ${others} others`;
    return others > 0 ? [violation('alone', run, says)] : [];
  });
}

const prefix = 'delivery ';
