import { createHash } from 'node:crypto';

/** What names the job of a foreign producer: an id alone may be used again once its job is gone. */
export interface ForeignName {
  readonly queue: string;
  readonly id: string;
  /** As its producer wrote it, whatever that is. */
  readonly timestamp: number;
}

/** The same UUID (version 8) for the same job, whenever and wherever it is delivered. */
export function foreignDelivery({ queue, id, timestamp }: ForeignName): string {
  const text = JSON.stringify([queue, id, String(timestamp)]);
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
