import { formatBytes } from '../../core/size.ts';
import type { Delivery, ShownHook } from '../../hooks/index.ts';
import { formatPairs, formatTime } from '../output.ts';
import { formatTable, printable } from '../table.ts';

export interface ShownHooks {
  readonly hooks: ShownHook[];
}

export interface Deliveries {
  readonly deliveries: Delivery[];
}

export interface ShownDelivery extends Delivery {
  readonly body: string | null;
}

export function formatHooks(hooks: readonly ShownHook[]): string {
  if (hooks.length === 0) return 'No webhooks; they are defined in config/hooks.ts.';
  return formatTable(
    ['HOOK', 'ADDRESS', 'SIGNED AS', 'TRIGGERS', 'LAST', 'LACKS'],
    hooks.map(({ name, path, scheme, events, lastAt, lacks }) => [
      name,
      path,
      scheme,
      events.map(({ event, job }) => `${event} → ${job}`).join(', '),
      formatTime(lastAt),
      lacks.join('; ') || '–',
    ]),
    { wide: true },
  );
}

export function formatDeliveries(deliveries: readonly Delivery[]): string {
  if (deliveries.length === 0) return 'Nothing was delivered.';
  return formatTable(
    ['DELIVERY', 'AT', 'EVENT', 'OUTCOME', 'RUN', 'WHY'],
    deliveries.map(({ id, receivedAt, event, outcome, run, reason }) => [
      id,
      formatTime(receivedAt),
      event ?? '–',
      outcome,
      run ?? '–',
      reason ?? '–',
    ]),
    { wide: true },
  );
}

export function formatDelivery(delivery: ShownDelivery): string {
  const { id, event, outcome, receivedAt, source, job, run, code, reason } = delivery;
  const { headers, body, bodySize, bodyHash, redeliveryOf } = delivery;
  return [
    formatPairs({
      delivery: id,
      'sent as': delivery.delivery,
      event,
      outcome,
      why: reason,
      code,
      at: formatTime(receivedAt),
      from: source,
      job,
      run,
      'delivered before as': redeliveryOf,
      body: `${formatBytes(bodySize)}, SHA-256 ${bodyHash}`,
    }),
    '',
    formatPairs(headers),
    '',
    body === null ? '(the body was not kept)' : printable(body),
  ].join('\n');
}
