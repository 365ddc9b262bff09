import { setImmediate as turn } from 'node:timers/promises';
import type { Checkpoint } from './checkpoint.ts';
import { openVerifier } from './signing.ts';
import type { AuditFault } from './verification.ts';

/** What the signatures of checkpoints are worth. */
export interface Signatures {
  /** How many are signed with a key that is trusted. */
  readonly signed: number;
  readonly faults: readonly AuditFault[];
  readonly warnings: readonly string[];
}

/** So many at a time: each takes a part of a millisecond, and there may be a hundred thousand. */
const atOnce = 50;

/** Looks at each signature, in order, and lets the process do something else now and then. */
export async function checkSignatures(
  checkpoints: readonly Checkpoint[],
  trusted: readonly string[],
): Promise<Signatures> {
  const isSigned = openVerifier();
  const faults: AuditFault[] = [];
  const warnings = new Set<string>();
  let signed = 0;
  for (const [i, checkpoint] of checkpoints.entries()) {
    if (i % atOnce === atOnce - 1) await turn();
    const { position, publicKey } = checkpoint;
    if (publicKey === null && signed === 0) warnings.add(unsigned);
    else if (publicKey === null)
      faults.push({ position, says: `the checkpoint at ${position} lost its signature` });
    else if (!isSigned(checkpoint))
      faults.push({ position, says: `the checkpoint at ${position} is not what was signed` });
    else if (trusted.includes(publicKey)) signed++;
    else faults.push({ position, says: strangerOf(position, publicKey) });
  }
  return { signed, faults, warnings: [...warnings] };
}

const unsigned = 'there are checkpoints without a signature; set NIGHTSHIFT_SECRET';

function strangerOf(position: number, publicKey: string): string {
  return `the checkpoint at ${position} is signed with the key ${publicKey}, which is not trusted; if it is of an earlier NIGHTSHIFT_SECRET, name it with --trust`;
}
