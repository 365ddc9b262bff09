import { createHash } from 'node:crypto';
import { cleanText } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { Hook } from '../core/hook.ts';
import type { Place } from '../core/hook-scheme.ts';

/** A delivery as it came, of which nothing is believed yet. */
export interface Incoming {
  readonly body: Buffer;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The address that it came from; absent for one that is delivered again from here. */
  readonly source?: string;
}

export function readHeader({ headers }: Incoming, name: string): string | undefined {
  const value = headers[name];
  return value === undefined || typeof value === 'string' ? value : value.join(', ');
}

/** The JSON of a body; GitHub can be set to send it as the field `payload` of a form. Throws `hook.malformed`. */
export function readBody({ name }: Hook, incoming: Incoming): unknown {
  const text = decode(name, incoming.body);
  const isForm = readHeader(incoming, 'content-type')?.startsWith(
    'application/x-www-form-urlencoded',
  );
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  if (json === null) throw malformed(name, 'it is a form without a field named payload');
  if (json.trim() === '') throw malformed(name, 'it is empty, and JSON is expected');
  try {
    return JSON.parse(json);
  } catch (error) {
    throw malformed(name, `it is no JSON (${(error as Error).message})`, error);
  }
}

/** What stands at `place`, where it is a short text. */
export function readPlace(
  place: Place | undefined,
  incoming: Incoming,
  body?: unknown,
): string | undefined {
  if (place === undefined) return undefined;
  const value =
    'header' in place ? readHeader(incoming, place.header) : valueAt(body, place.body.split('.'));
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? cut(value, 200) : undefined;
}

/** What is kept of the headers: what says what was sent, and nothing that proves who somebody is. */
export function keepHeaders({ scheme }: Hook, incoming: Incoming): Record<string, string> {
  const needed = [scheme.id, scheme.event].flatMap((place) =>
    place && 'header' in place ? [place.header] : [],
  );
  const kept = Object.keys(incoming.headers).filter(
    (name) => needed.includes(name) || (mayKeep.test(name) && !mustNot.test(name)),
  );
  return Object.fromEntries(
    kept
      .sort((a, b) => Number(needed.includes(b)) - Number(needed.includes(a)))
      .slice(0, 30)
      .map((name) => [cut(name, 100), cut(readHeader(incoming, name) ?? '', 500)]),
  );
}

export function hashBytes(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const mayKeep = /^(content-(type|length)|user-agent|webhook-(id|timestamp)|x-.*)$/;
const mustNot = /signature|secret|token|auth|key|cookie|forwarded|real-ip/;

function decode(hook: string, body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw malformed(hook, 'it is not UTF-8', error);
  }
}

function malformed(hook: string, reason: string, cause?: unknown): Failure {
  return new Failure('hook.malformed', { hook, reason }, cause);
}

function valueAt(body: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    body,
  );
}

function cut(text: string, most: number): string {
  return cleanText(text).slice(0, most);
}
