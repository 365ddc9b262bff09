import { hash, randomBytes } from 'node:crypto';

/** The secret of a key, as its owner has it and as it is kept. */
export interface Secret {
  /** `nsk_`, eight characters that name the key, and 256 random bits. */
  readonly text: string;
  /** What the text begins with: it may be shown, and finds the key. */
  readonly prefix: string;
  /** SHA-256 of the text. Nobody can try out 256 random bits, so that a slow hash would only cost each request. */
  readonly hash: Buffer;
}

const pattern = /^nsk_[\da-f]{8}_[\w-]{43}$/;
const prefixLength = 'nsk_12345678'.length;

export function makeSecret(): Secret {
  const name = randomBytes(4).toString('hex');
  return toSecret(`nsk_${name}_${randomBytes(32).toString('base64url')}`);
}

/** The secret that somebody sent, or undefined for what cannot be one. */
export function parseSecret(text: string): Secret | undefined {
  return pattern.test(text) ? toSecret(text) : undefined;
}

function toSecret(text: string): Secret {
  return { text, prefix: text.slice(0, prefixLength), hash: hash('sha256', text, 'buffer') };
}
