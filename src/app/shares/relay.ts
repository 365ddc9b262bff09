import { openRelay } from '../../runtime/index.ts';
import type { System } from '../system.ts';

/** The relay's share of a process; nothing can be wrong with it that is not wrong with database or queue. */
export async function startRelay(system: System) {
  const { database, queues, catalogue, announcements, onError, onClose } = system;
  const relay = await openRelay({ database, queues, catalogue, announcements, onError });
  onClose(() => relay.close());
  return () => {};
}
