import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../core/errors.ts';
import { type Hook, secretsVariable } from '../core/hook.ts';
import type { SignatureScheme } from '../core/hook-scheme.ts';
import { type Incoming, readHeader } from './incoming.ts';

/** What the sender of a delivery has proved. */
export interface Verified {
  /** The bytes that were signed: the same ones are the same delivery. */
  readonly signed: Buffer;
}

/**
 * Proves that the delivery was signed with one of `secrets`, and lately. Throws `hook.unsigned`, `hook.signature`
 * or `hook.stale`; how long it takes does not tell how near a wrong signature is.
 */
export function verifySignature(
  hook: Hook,
  incoming: Incoming,
  { secrets, now }: { readonly secrets: readonly string[]; readonly now: Date },
): Verified {
  const { scheme } = hook;
  const given = readSignature(hook, incoming);
  const signed = signedBytes(scheme, incoming.body, given);
  const sound = secrets.map((secret) => {
    const expected = createHmac('sha256', keyOf(scheme, secret)).update(signed).digest();
    return given.signatures.map((one) => isSame(one, expected)).some(Boolean);
  });
  if (!sound.some(Boolean))
    throw new Failure('hook.signature', {
      hook: hook.name,
      header: scheme.signature.header,
      variable: secretsVariable(hook.name),
    });
  if (given.timestamp !== undefined) requireFresh(hook, given.timestamp, now);
  return { signed };
}

interface Given {
  readonly signatures: readonly Buffer[];
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
}

function readSignature(hook: Hook, incoming: Incoming): Given {
  const { signature, timestamp: timeHeader, signed, id } = hook.scheme;
  const text = requireHeader(hook, { incoming, header: signature.header, what: 'its signature' });
  const pairs = text.split(',').map((pair) => pair.trim().split('=', 2) as [string, string]);
  const timestamp =
    signature.form === 'pairs'
      ? pairs.find(([name]) => name === 't')?.[1]
      : timeHeader &&
        requireHeader(hook, { incoming, header: timeHeader, what: 'the time it was signed' });
  return {
    signatures: signaturesIn(hook.scheme, text, pairs).map((one) =>
      Buffer.from(one, signature.encoding),
    ),
    timestamp: signed.includes('{timestamp}') ? (timestamp ?? '') : undefined,
    id:
      signed.includes('{id}') && id && 'header' in id
        ? requireHeader(hook, { incoming, header: id.header, what: 'its id' })
        : undefined,
  };
}

function signaturesIn(
  { signature: { form, prefix } }: SignatureScheme,
  text: string,
  pairs: readonly (readonly [string, string])[],
): string[] {
  if (form === 'pairs') return pairs.flatMap(([name, value]) => (name === prefix ? [value] : []));
  const candidates = form === 'list' ? text.split(' ') : [text.trim()];
  return candidates.flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : []));
}

function requireHeader(
  hook: Hook,
  { incoming, header, what }: { incoming: Incoming; header: string; what: string },
): string {
  const text = readHeader(incoming, header);
  if (text !== undefined && text !== '') return text;
  throw new Failure('hook.unsigned', {
    hook: hook.name,
    header,
    what,
    variable: secretsVariable(hook.name),
  });
}

function signedBytes(
  { signed }: SignatureScheme,
  body: Buffer,
  { timestamp, id }: Pick<Given, 'timestamp' | 'id'>,
): Buffer {
  const parts = signed.split(/(\{body\}|\{timestamp\}|\{id\})/);
  return Buffer.concat(
    parts.map((part) => {
      if (part === '{body}') return body;
      if (part === '{timestamp}') return Buffer.from(timestamp ?? '');
      return Buffer.from(part === '{id}' ? (id ?? '') : part);
    }),
  );
}

function keyOf({ secret: kind }: SignatureScheme, secret: string): Buffer {
  if (kind === 'text') return Buffer.from(secret);
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function requireFresh({ name, scheme }: Hook, timestamp: string, now: Date): void {
  const most = scheme.toleranceSeconds;
  const ageSeconds = /^\d{1,12}$/.test(timestamp)
    ? now.getTime() / 1000 - Number(timestamp)
    : Number.POSITIVE_INFINITY;
  if (Math.abs(ageSeconds) <= most) return;
  throw new Failure('hook.stale', {
    hook: name,
    seconds: Number.isFinite(ageSeconds) ? Math.round(Math.abs(ageSeconds)) : 'no known number of',
    direction: ageSeconds < 0 ? 'ahead of our time' : 'ago',
    most,
  });
}
