import type { AuditEntry } from '../core/audit.ts';
import { hashSeal } from './chain.ts';
import type { Link, SealedRow } from './queries/seals.ts';
import type { Say } from './verification.ts';

/** Follows positions and hashes: each has to come from the one before, and from its entry. */
export interface LinkCheck {
  look(row: SealedRow): void;
  end(): void;
}

/** `after`: what the first row follows; without a hash, where that is not known. */
export function openLinkCheck(
  say: Say,
  after: Pick<Link, 'position'> & { readonly hash: Uint8Array | undefined },
): LinkCheck {
  let last = after.position;
  let previous = after.hash;
  let doubt: Doubt | undefined;

  function lookAtPosition(position: number): void {
    if (position === last + 1) return;
    if (position <= last) say(position, `position ${position} stands after ${last}`);
    else say(last + 1, `${rangeOf(last + 1, position - 1)} taken out of the chain`);
    previous = undefined;
  }

  /** Whether the entry or its seal was changed shows with the next one, which follows what the seal should be. */
  function settle(next?: SealedRow): void {
    if (!doubt) return;
    const { position, hash, says } = doubt;
    const follows = next?.entry && hashSeal(hash, next.position, next.entry).equals(next.hash);
    say(position, follows ? `the seal at ${position} was changed` : says);
    if (follows) previous = hash;
    doubt = undefined;
  }

  function lookAtHash({ position, hash, entry, sealed }: SealedRow): void {
    if (!entry) return say(position, `entry ${sealed}, at ${position}, was taken out`);
    const right = previous && hashSeal(previous, position, entry);
    if (!right || right.equals(hash)) return;
    const says = `entry ${sealed}, at ${position}, is not what was sealed: ${tellOf(entry)}`;
    doubt = { position, hash: right, says };
  }

  return {
    look(row) {
      settle(row);
      lookAtPosition(row.position);
      lookAtHash(row);
      previous = row.hash;
      last = row.position;
    },
    end: () => settle(),
  };
}

/** A seal that does not fit its entry. */
interface Doubt {
  readonly position: number;
  /** What would fit. */
  readonly hash: Buffer;
  readonly says: string;
}

/** `positions 4 to 6 were`, for what is wrong with them. */
export function rangeOf(from: number, to: number): string {
  return from === to ? `position ${from} was` : `positions ${from} to ${to} were`;
}

function tellOf({ action, at, actor }: AuditEntry): string {
  return `it now says ${action} by ${actor.name} at ${at.toISOString()}`;
}
