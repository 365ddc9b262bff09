import type { Mail } from '../mail/mail.ts';

/** Whether the receiving server found the sender to be who the mail says; undefined when it did not say or was not sure. */
export function findAuthenticity({ headers }: Mail): 'proven' | 'refuted' | undefined {
  // The first is the last that was added: that of the receiver's own server.
  const results = headers.get('authentication-results').toLowerCase();
  const resultOf = (method: string) => new RegExp(`\\b${method}\\s*=\\s*(\\w+)`).exec(results)?.[1];
  const dmarc = resultOf('dmarc');
  if (dmarc === 'pass') return 'proven';
  // Lists break signatures of honest senders.
  if (headers.has('list-id') || headers.has('list-post')) return undefined;
  if (dmarc === 'fail') return 'refuted';
  const spf = resultOf('spf') ?? /^\w+/.exec(headers.get('received-spf').toLowerCase())?.[0];
  const dkim = resultOf('dkim');
  if (dkim === 'pass') return 'proven';
  return spf === 'fail' || dkim === 'fail' ? 'refuted' : undefined;
}
