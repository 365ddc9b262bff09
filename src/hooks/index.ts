import { deliveries } from './migrations/0001-deliveries.ts';

export { type Hooks, openHooks } from './hooks.ts';
export { hookLogDuty, type ShownHook, showDelivery, showHooks } from './log.ts';
export { type Delivery, deliveryOutcomes, selectDeliveries } from './queries.ts';
export type { Received } from './settle.ts';

/** The migrations of the deliveries' log, by name. */
export const hooksMigrations = { 'hooks/0001-deliveries': deliveries };
