import { genesis, hexOf } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openLinkCheck, rangeOf } from './link-check.ts';
import { openMarkCheck } from './mark-check.ts';
import type { Link, SealedRow } from './queries/seals.ts';
import type { AuditFault, Say } from './verification.ts';

/** Follows a chain from its first seal to its last, and says where it is not as it was written. */
export interface ChainCheck {
  look(row: SealedRow): void;
  end(): Looked;
}

/** What was looked at, and what is wrong with it. */
export interface Looked {
  readonly entries: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly faults: readonly AuditFault[];
}

export interface Chain {
  /** The position of the first seal. */
  readonly first: number;
  /** In the database, and copies that are kept elsewhere. */
  readonly checkpoints: readonly Checkpoint[];
  /** What a part of a chain follows; a whole one begins at 1, or where a purge has left it. */
  readonly after?: Link;
}

/** As many faults as are told one by one. */
const mostTold = 1000;

export function openChainCheck(chain: Chain): ChainCheck {
  const faults: AuditFault[] = [];
  const say: Say = (position, says) => {
    if (faults.length < mostTold) faults.push({ position, says });
  };
  const from = chain.first - 1;
  const checkpoints = chain.checkpoints.filter(({ position }) => position > from);
  const base = chain.after ? undefined : chain.checkpoints.find((one) => one.position === from);
  const links = openLinkCheck(say, { position: from, hash: hashBefore(chain, base) });
  const marks = openMarkCheck(say, { from, checkpoints });
  const purges = openPurgeCheck(say, from > 0 ? base : undefined);
  let [entries, last] = [0, from];
  if (!chain.after && from > 0 && !base)
    say(1, `${rangeOf(1, from)} gone, and no checkpoint says what they were`);

  return {
    look(row) {
      links.look(row);
      marks.look(row);
      purges.look(row);
      last = row.position;
      entries++;
    },
    end() {
      links.end();
      marks.end(last);
      if (entries > 0) purges.end();
      return {
        entries,
        first: entries > 0 ? chain.first : null,
        last: entries > 0 ? last : null,
        faults,
      };
    },
  };
}

function hashBefore({ first, after }: Chain, base: Checkpoint | undefined): Uint8Array | undefined {
  if (after) return after.hash;
  return first === 1 ? genesis : base?.hash;
}

/** What an entry of a purge says that it has let go: everything up to this checkpoint. */
export function markOf({ position, hash }: Link): string {
  return `${position} ${hexOf(hash)}`;
}

/** The database lets nothing go that is younger; a day for clocks. */
const youngestMs = 29 * 86_400_000;

/** What is not there any more, up to `base`, was let go by an entry of the chain, and was old then. */
function openPurgeCheck(say: Say, base: Checkpoint | undefined) {
  let purgedAt: Date | undefined;
  return {
    look({ entry }: SealedRow): void {
      if (!base || entry?.action !== 'audit.purged') return;
      const { upTo } = (entry.details ?? {}) as { upTo?: string };
      if (upTo === markOf(base)) purgedAt = entry.at;
    },
    end(): void {
      if (!base) return;
      const gone = rangeOf(1, base.position);
      if (!purgedAt) say(1, `${gone} gone, and no entry says that they were let go`);
      else if (purgedAt.getTime() - base.at.getTime() < youngestMs)
        say(1, `${gone} let go at ${purgedAt.toISOString()}, when they were too young for it`);
    },
  };
}
