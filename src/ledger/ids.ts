import { randomFillSync, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

/** A new uuidv7, later than those before it: run ids carry their time, which is what the partitions go by. */
export const newId = openIds();

/** A new id of a delivery: nothing is sorted by it, and it costs a third. */
export function newDelivery(): string {
  return randomUUID();
}

/**
 * Ids that ascend within a millisecond too, and when the clock is set back (RFC 9562, method 1). Chance is fetched for 256
 * of them at once: by itself, uuid asks for it each time, which takes four times as long as the rest.
 */
function openIds(): () => string {
  const chance = Buffer.alloc(256 * 16);
  let used = chance.length;
  let msecs = 0;
  let seq = 0;
  return () => {
    if (used === chance.length) {
      randomFillSync(chance);
      used = 0;
    }
    const random = chance.subarray(used, (used += 16));
    const now = Date.now();
    seq = now > msecs ? random.readUInt32BE(6) >>> 1 : seq + 1;
    msecs = Math.max(now, msecs);
    return v7({ random, msecs, seq });
  };
}
