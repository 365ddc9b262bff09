import { z } from 'zod';
import { hexOf } from './chain.ts';

/** Where the chain stood at a time, so that nobody can write it anew from there without being seen. */
export interface Checkpoint {
  readonly position: number;
  readonly at: Date;
  readonly hash: Uint8Array;
  /** Of Ed25519, in base64url; null where no secret is set. */
  readonly publicKey: string | null;
  readonly signature: string | null;
}

/** As it is written outside of the database. */
export function writtenOf({ position, at, hash, publicKey, signature }: Checkpoint) {
  return { position, at, hash: hexOf(hash), publicKey, signature };
}

export const writtenHash = z.hex().transform((text) => Buffer.from(text, 'hex'));
export const writtenTime = z.iso.datetime().transform((text) => new Date(text));

/** Reads what `writtenOf` makes, out of JSON. */
export const writtenCheckpoint = z.object({
  position: z.int().min(1),
  at: writtenTime,
  hash: writtenHash,
  publicKey: z.string().nullable(),
  signature: z.string().nullable(),
});
