import { Failure } from '../core/errors.ts';
import { formatBytes } from '../core/size.ts';
import type { Sql } from '../core/sql.ts';
import { type SentEvent, sendEventRow } from '../ledger/index.ts';
import type { Catalogue } from './catalogue.ts';
import { asSql, type CallersTransaction } from './tx.ts';

export type { SentEvent } from '../ledger/index.ts';

export interface EventServices {
  readonly database: Sql;
  readonly catalogue: Pick<Catalogue, 'payloadLimit'>;
}

/**
 * Wakes every run that waits for the event now, and answers how many. One that nobody waits for is kept for
 * `NIGHTSHIFT_EVENT_KEEP`, for the first run that comes to wait for it. With `tx` it joins that open transaction.
 * Throws `event.invalid` or `payload.too_large`.
 */
export async function sendEvent(
  { database, catalogue }: EventServices,
  event: SentEvent,
  options: { readonly tx?: CallersTransaction } = {},
): Promise<{ readonly woken: number }> {
  checkEvent(event, catalogue.payloadLimit);
  const sql = 'tx' in options ? asSql(options.tx) : database;
  return { woken: await sendEventRow(sql, event) };
}

const mostOfKey = 500;

function checkEvent({ name, key, payload }: SentEvent, limit: number): void {
  const faults: string[] = [];
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_.:/-]{0,199}$/u.test(name))
    faults.push(`name: ${JSON.stringify(name)} is not up to 200 letters, digits and _ . : / -`);
  if (key !== undefined && key.length > mostOfKey)
    faults.push(`key: has ${key.length} characters, and ${mostOfKey} are allowed`);
  const text = JSON.stringify(payload ?? null) as string | undefined;
  if (text === undefined) faults.push('payload: has no JSON');
  if (faults.length > 0) throw new Failure('event.invalid', { faults: faults.join('; ') });
  const size = Buffer.byteLength(text!);
  if (size > limit)
    throw new Failure('payload.too_large', {
      job: `the event ${name}`,
      size: formatBytes(size),
      limit: formatBytes(limit),
    });
}
