import { createHash } from 'node:crypto';
import type { AuditEntry } from '../core/audit.ts';
import { canonicalJson } from '../core/canonical-json.ts';

/** What the first position follows. */
export const genesis: Uint8Array = new Uint8Array(32);

/**
 * The SHA-256 that seals an entry at its position: of the hash before it and of everything that the entry says, so
 * that none can be changed, taken out or put between without changing all that follow.
 */
export function hashSeal(previous: Uint8Array, position: number, entry: AuditEntry): Buffer {
  return createHash('sha256').update(previous).update(contentOf(position, entry)).digest();
}

/** A hash as it is written. */
export function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}

function contentOf(position: number, entry: AuditEntry): string {
  const { id, at, actor, origin, action, outcome, resource, ids, before, after, details } = entry;
  return canonicalJson([
    position,
    id,
    at.toISOString(),
    actor,
    origin,
    action,
    outcome,
    resource,
    ids,
    before,
    after,
    details,
  ]);
}

/** Tells that two values differ, and nothing else of them: what may be private is in the log by its hash. */
export function hashValue(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
