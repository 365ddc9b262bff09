import type { AuditEntry } from '../core/audit.ts';
import type { Checkpoint } from './checkpoint.ts';
import { rangeOf } from './link-check.ts';
import type { SealedRow } from './queries/seals.ts';
import type { Say } from './verification.ts';

/** Holds the chain to its checkpoints: to their hashes, their places and their times. */
export interface MarkCheck {
  look(row: SealedRow): void;
  /** After the last row, or after `reached` where there is none. */
  end(reached: number): void;
}

/** The sealer leaves no more entries between two checkpoints, nor after the last. */
const mostBetween = 2000;
/** An entry is dated when it is written, and a transaction may be open for a while before it is sealed. */
const driftMs = 3_600_000;

export function openMarkCheck(
  say: Say,
  { from, checkpoints }: { readonly from: number; readonly checkpoints: readonly Checkpoint[] },
): MarkCheck {
  const at = Map.groupBy(checkpoints, ({ position }) => position);
  let marked = from;
  let markedAt: Date | undefined;
  let newest: { readonly position: number; readonly at: Date } | undefined;

  function lookAtDate({ position, entry }: SealedRow): void {
    if (!entry) return;
    if (markedAt && entry.at.getTime() < markedAt.getTime() - driftMs)
      say(position, `${tell(entry, position)} stands after what was there by ${iso(markedAt)}`);
    if (!newest || entry.at > newest.at) newest = { position, at: entry.at };
  }

  function lookAtMark({ position, hash }: SealedRow, checkpoint: Checkpoint): void {
    if (!Buffer.from(checkpoint.hash).equals(hash))
      say(
        position,
        `what stands up to ${position} is not what was there at ${iso(checkpoint.at)}, when the checkpoint was written`,
      );
    if (newest && newest.at.getTime() > checkpoint.at.getTime() + driftMs)
      say(
        newest.position,
        `what stands at ${newest.position} says ${iso(newest.at)}, and was there by ${iso(checkpoint.at)}`,
      );
    markedAt = checkpoint.at;
    newest = undefined;
  }

  function lookAtGap(to: number): void {
    if (to - marked > mostBetween)
      say(
        marked + 1,
        `from ${marked + 1} to ${to} there is no checkpoint, where at least one was written`,
      );
  }

  return {
    look(row) {
      lookAtDate(row);
      const here = at.get(row.position);
      if (!here) return;
      for (const checkpoint of here) lookAtMark(row, checkpoint);
      lookAtGap(row.position);
      marked = row.position;
    },
    end(reached) {
      lookAtGap(reached);
      const beyond = [...at.keys()].filter((position) => position > reached);
      if (beyond.length > 0)
        say(reached + 1, `${rangeOf(reached + 1, Math.max(...beyond))} taken off the end`);
    },
  };
}

function tell({ id, at }: AuditEntry, position: number): string {
  return `entry ${id}, at ${position}, says ${iso(at)} and was put in later: it`;
}

function iso(at: Date): string {
  return at.toISOString();
}
