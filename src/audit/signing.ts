import {
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { hexOf } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';

/** Signs checkpoints with a key that is derived from the installation's secret (HKDF, RFC 5869). */
export interface Signer {
  /** In base64url: whoever has it can verify, and not sign. */
  readonly publicKey: string;
  sign(checkpoint: Pick<Checkpoint, 'position' | 'at' | 'hash'>): string;
}

export function openSigner(secret: string): Signer {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'nightshift audit checkpoints', 32));
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(key).export({ format: 'jwk' }).x!;
  return {
    publicKey,
    sign: (checkpoint) => signBytes(null, textOf(checkpoint), key).toString('base64url'),
  };
}

/** Says of checkpoints whether they are what was signed with the keys that they name. */
export function openVerifier(): (checkpoint: Checkpoint) => boolean {
  const keys = new Map<string, KeyObject>();
  return (checkpoint) => {
    const { publicKey, signature } = checkpoint;
    if (publicKey === null || signature === null) return false;
    try {
      const key = keys.get(publicKey) ?? readPublicKey(publicKey);
      keys.set(publicKey, key);
      return verifyBytes(null, textOf(checkpoint), key, Buffer.from(signature, 'base64url'));
    } catch {
      return false; // what is no key has signed nothing
    }
  };
}

function readPublicKey(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** What comes before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function textOf({ position, at, hash }: Pick<Checkpoint, 'position' | 'at' | 'hash'>): Buffer {
  const lines = ['nightshift audit checkpoint', position, hexOf(hash)];
  return Buffer.from([...lines, at.toISOString()].join('\n'));
}
