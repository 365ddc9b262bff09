import { openRelay, openWaker } from '../../runtime/index.ts';
import { startSealing } from '../audit.ts';
import type { System } from '../system.ts';

/**
 * The share of a process in sending on: the relay, the waker, what gates may let go, and the seals of the audit log.
 * Nothing can be wrong with it that is not wrong with database or queue.
 */
export async function startRelay(system: System) {
  const { database, queues, catalogue, announcements, gates, onError, onClose } = system;
  const relay = await openRelay({ database, queues, catalogue, announcements, onError });
  onClose(() => relay.close());
  const waker = await openWaker({ database, queues, onError });
  onClose(() => waker.close());
  const sealer = startSealing(system);
  onClose(() => sealer.close());
  await gates.listen();
  return () => {};
}
