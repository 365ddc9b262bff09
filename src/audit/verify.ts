import type { Archive } from '../core/archive.ts';
import type { Sql } from '../core/sql.ts';
import { readArchived } from './archived.ts';
import { openChainCheck } from './chain-check.ts';
import {
  type Loose,
  selectCheckpoints,
  selectLast,
  selectLoose,
  selectSealed,
} from './queries/seals.ts';
import type { AuditFault, Verification } from './verification.ts';

export interface VerifyOptions {
  /** Public keys, in base64url, whose signatures count. */
  readonly trusted: readonly string[];
  /** Where checkpoints were written to as well. */
  readonly archive?: Archive | undefined;
}

const page = 2000;

/** Looks at every entry, seal and checkpoint of the log, and at the copies of checkpoints in the archive. */
export async function verifyLog(
  sql: Sql,
  { trusted, archive }: VerifyOptions,
): Promise<Verification> {
  const end = (await selectLast(sql))?.position ?? 0;
  const check = openChainCheck(trusted);
  const [first] = await selectSealed(sql, { after: -1, upTo: end, limit: 1 });
  const archived = archive ? await readArchived(archive) : [];
  check.begin(await selectCheckpoints(sql, { from: 0, upTo: end }), {
    first: first?.position ?? end + 1,
    archived,
  });
  for (let after = -1; ; ) {
    const rows = await selectSealed(sql, { after, upTo: end, limit: page });
    for (const row of rows) check.look(row);
    const last = rows.at(-1);
    if (!last) break;
    after = last.position;
  }
  const loose = await selectLoose(sql);
  const seen = check.end();
  const faults = [...seen.faults, ...faultsOf(loose)];
  return {
    ...seen,
    intact: faults.length === 0,
    waiting: loose.waiting,
    faults,
    warnings: [...seen.warnings, ...warningsOf(loose)],
  };
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
