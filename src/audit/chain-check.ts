import type { AuditEntry } from '../core/audit.ts';
import { genesis, hashSeal } from './chain.ts';
import type { Link, SealedRow } from './queries/seals.ts';
import { type Checkpoint, isSigned } from './signing.ts';
import type { AuditFault, Verification } from './verification.ts';

/** Follows a chain from its first seal to its last, and says where it is not as it was written. */
export interface ChainCheck {
  /** Before the first seal. */
  begin(checkpoints: readonly Checkpoint[], options: Beginning): void;
  look(row: SealedRow): void;
  end(): Pick<
    Verification,
    'entries' | 'first' | 'last' | 'checkpoints' | 'signed' | 'faults' | 'warnings'
  >;
}

export interface Beginning {
  /** The position of the first seal. */
  readonly first: number;
  /** Copies of checkpoints, kept elsewhere. */
  readonly archived: readonly Checkpoint[];
  /** What a part of a chain follows; a whole one begins at 1, or where a purge has left it. */
  readonly after?: Link;
}

/** As many faults as are told one by one. */
const mostTold = 1000;
/** An entry is dated when it is written, and a transaction may be open for a while before it is sealed. */
const driftMs = 3_600_000;

export function openChainCheck(trusted: readonly string[]): ChainCheck {
  const faults: AuditFault[] = [];
  const warnings = new Set<string>();
  let checkpoints: readonly Checkpoint[] = [];
  let byPosition = new Map<number, Checkpoint[]>();
  let signed = 0;
  let entries = 0;
  let first: number | null = null;
  let last: number | null = null;
  /** The hash that the next seal follows; undefined where what was before is gone. */
  let previous: Uint8Array | undefined;
  /** Where a seal did not fit its entry: the hash that would have. */
  let doubt: { readonly position: number; readonly hash: Buffer } | undefined;
  let base: Checkpoint | undefined;
  let purge: string | undefined;
  let checkedAt: Date | undefined;

  function say(position: number | null, says: string): void {
    if (faults.length < mostTold) faults.push({ position, says });
  }

  /** True when it is signed with a key that is trusted. */
  function lookAtSignature(checkpoint: Checkpoint): boolean {
    const { position, publicKey } = checkpoint;
    if (publicKey === null) warnings.add(unsigned);
    else if (!isSigned(checkpoint))
      say(position, `the checkpoint at ${position} is not what was signed`);
    else if (!trusted.includes(publicKey)) say(position, strangerOf(position, publicKey));
    else return true;
    return false;
  }

  function lookAtPosition({ position }: SealedRow): void {
    const expected = last === null ? position : last + 1;
    if (position === expected) return;
    say(expected, `${rangeOf(expected, position - 1)} taken out of the chain`);
    previous = undefined;
    doubt = undefined;
  }

  function lookAtHash({ position, hash, entry, sealed }: SealedRow): void {
    if (!entry) {
      say(position, `entry ${sealed}, at ${position}, was taken out`);
      doubt = undefined;
      return;
    }
    if (!previous) return;
    const right = hashSeal(previous, position, entry);
    if (right.equals(hash)) doubt = undefined;
    else if (doubt && hashSeal(doubt.hash, position, entry).equals(hash)) {
      // This one follows what the seal before should have been.
      const at = doubt.position;
      const told = faults.findLastIndex((fault) => fault.position === at);
      if (told >= 0) faults[told] = { position: at, says: `the seal at ${at} was changed` };
      doubt = undefined;
    } else {
      say(position, `entry ${sealed}, at ${position}, is not what was sealed: ${tellOf(entry)}`);
      doubt = { position, hash: right };
    }
  }

  function lookAtEntry({ position, entry }: SealedRow): void {
    if (!entry) return;
    if (entry.action === 'audit.purged') purge = purgeOf(entry) ?? purge;
    if (checkedAt && entry.at.getTime() < checkedAt.getTime() - driftMs)
      say(
        position,
        `entry ${entry.id}, at ${position}, says ${entry.at.toISOString()}, and what stands before it was there by ${checkedAt.toISOString()}: it was put in later`,
      );
  }

  function lookAtCheckpoints({ position, hash }: SealedRow): void {
    for (const checkpoint of byPosition.get(position) ?? []) {
      if (!Buffer.from(checkpoint.hash).equals(hash))
        say(
          position,
          `what stands up to ${position} is not what was there at ${checkpoint.at.toISOString()}, when the checkpoint was written`,
        );
      checkedAt = checkpoint.at;
    }
  }

  return {
    begin(found, { first: firstPosition, archived, after }) {
      checkpoints = found;
      const copies = archived.filter(({ position }) => position >= firstPosition);
      byPosition = Map.groupBy([...found, ...copies], ({ position }) => position);
      signed = found.filter(lookAtSignature).length;
      copies.forEach(lookAtSignature);
      if (after) {
        previous = after.hash;
        last = after.position;
        return;
      }
      base = found.find(({ position }) => position === firstPosition - 1);
      if (firstPosition === 1) previous = genesis;
      else if (base) previous = base.hash;
      else say(1, `${rangeOf(1, firstPosition - 1)} gone, and no checkpoint says what they were`);
    },
    look(row) {
      lookAtPosition(row);
      lookAtHash(row);
      lookAtEntry(row);
      lookAtCheckpoints(row);
      previous = row.hash;
      first ??= row.position;
      last = row.position;
      entries++;
    },
    end() {
      const reached = last ?? base?.position ?? 0;
      const beyond = [...byPosition.keys()].filter((position) => position > reached);
      if (beyond.length > 0)
        say(reached + 1, `${rangeOf(reached + 1, Math.max(...beyond))} taken off the end`);
      if (base && entries > 0 && purge !== markOf(base.position, base.hash))
        say(1, `${rangeOf(1, base.position)} gone, and no entry says that they were let go`);
      return {
        entries,
        first,
        last,
        checkpoints: checkpoints.length,
        signed,
        faults,
        warnings: [...warnings],
      };
    },
  };
}

const unsigned = 'there are checkpoints without a signature; set NIGHTSHIFT_SECRET';

function strangerOf(position: number, publicKey: string): string {
  return `the checkpoint at ${position} is signed with the key ${publicKey}, which is not trusted; if it is of an earlier NIGHTSHIFT_SECRET, name it with --trust`;
}

/** What the entry of a purge has to name. */
export function markOf(position: number, hash: Uint8Array): string {
  return `${position} ${Buffer.from(hash).toString('hex')}`;
}

/** The newest purge names the checkpoint that the chain now begins after. */
function purgeOf({ details }: AuditEntry): string | undefined {
  const { upTo } = (details ?? {}) as { upTo?: string };
  return upTo;
}

function rangeOf(from: number, to: number): string {
  return from === to ? `position ${from} was` : `positions ${from} to ${to} were`;
}

function tellOf({ action, at, actor }: AuditEntry): string {
  return `it now says ${action} by ${actor.name} at ${at.toISOString()}`;
}
