export type { Consumer, ConsumerOptions } from './consumer.ts';
export { type Delivery, type ForeignJob, type Handle, readRuns } from './delivery.ts';
export type { QueuesOptions } from './open.ts';
export {
  type Dispatch,
  type InspectedQueues,
  openQueues,
  type QueueCounts,
  type Queues,
} from './queues.ts';
