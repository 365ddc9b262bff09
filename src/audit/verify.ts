import { setTimeout as sleep } from 'node:timers/promises';
import type { Archive } from '../core/archive.ts';
import type { Sql } from '../core/sql.ts';
import { readArchived, writeCheckpoint } from './archived.ts';
import { openChainCheck } from './chain-check.ts';
import type { Checkpoint } from './checkpoint.ts';
import {
  type Loose,
  selectCheckpoints,
  selectLast,
  selectLoose,
  selectSealed,
} from './queries/seals.ts';
import { checkSignatures } from './signatures.ts';
import type { AuditFault, Verification } from './verification.ts';

export interface VerifyOptions {
  /** Public keys, in base64url, whose signatures count. */
  readonly trusted: readonly string[];
  /** Where checkpoints were written to as well. */
  readonly archive?: Archive | undefined;
  /** After so long what was found wrong is looked at again. */
  readonly onceMoreMs?: number;
}

const page = 2000;

/**
 * Looks at every entry, seal and checkpoint of the log, and at the copies of checkpoints in the archive. What is found
 * wrong is looked at once more: entries come and go meanwhile.
 */
export async function verifyLog(sql: Sql, options: VerifyOptions): Promise<Verification> {
  const verified = await look(sql, options);
  if (verified.intact) return verified;
  await sleep(options.onceMoreMs ?? usualMs);
  return look(sql, options);
}

/** What was written a moment ago is sealed by then. */
const usualMs = 2000;

async function look(sql: Sql, { trusted, archive }: VerifyOptions): Promise<Verification> {
  const copies = archive ? await readArchived(archive) : { checkpoints: [], faults: [] };
  const end = (await selectLast(sql))?.position ?? 0;
  const [first] = await selectSealed(sql, { after: -1, upTo: end, limit: 1 });
  const own = await selectCheckpoints(sql, { from: 0, upTo: end });
  const strange = differing(copies.checkpoints, own);
  const signatures = await checkSignatures(own, trusted);
  const ofCopies = await checkSignatures(strange, trusted);
  const check = openChainCheck({
    first: first?.position ?? 1,
    checkpoints: [...own, ...strange],
  });
  for (let after = -1; ; ) {
    const rows = await selectSealed(sql, { after, upTo: end, limit: page });
    for (const row of rows) check.look(row);
    const last = rows.at(-1);
    if (!last) break;
    after = last.position;
  }
  const loose = await selectLoose(sql);
  const looked = check.end();
  const faults = [looked, signatures, ofCopies, copies].flatMap((seen) => seen.faults);
  return {
    ...looked,
    checkpoints: own.length,
    signed: signatures.signed,
    waiting: loose.waiting,
    faults: [...faults, ...faultsOf(loose)],
    intact: faults.length + faultsOf(loose).length === 0,
    warnings: [...signatures.warnings, ...warningsOf(loose)],
  };
}

/** The copies that are not the same as what is in the database. */
function differing(copies: readonly Checkpoint[], own: readonly Checkpoint[]): Checkpoint[] {
  const known = new Set(own.map(writeCheckpoint));
  return copies.filter((copy) => !known.has(writeCheckpoint(copy)));
}

function faultsOf({ unnoted, vanished }: Loose): AuditFault[] {
  return [
    ...unnoted.map((id) => ({
      position: null,
      says: `entry ${id} is in no seal and waits for none: it was put in past the log, or its seal was taken out`,
    })),
    ...vanished.map((id) => ({
      position: null,
      says: `entry ${id} was written, and is gone before it was sealed`,
    })),
  ];
}

/** Sealing happens every second. */
const lateMs = 60_000;

function warningsOf({ waiting, waitedMs }: Loose): string[] {
  if (waitedMs === null || waitedMs < lateMs) return [];
  return [
    `${waiting} entries wait to be sealed, the oldest for ${Math.round(waitedMs / 1000)} s; is a control process up?`,
  ];
}
