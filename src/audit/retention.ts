import { gzipSync } from 'node:zlib';
import type { Archive } from '../core/archive.ts';
import { systemAuthor } from '../core/audit.ts';
import type { Duty } from '../core/duty.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { markOf } from './chain-check.ts';
import { exportEnd, exportLink, exportPositions } from './export.ts';
import { insertEntries } from './queries/entries.ts';
import { type Link, purge, selectOld, selectSealed } from './queries/seals.ts';

export interface AuditRetention {
  readonly database: TransactionalSql;
  /** So long entries are kept, from the first checkpoint after them. */
  readonly keepMs: number;
  /** Where what is let go is written to before. */
  readonly archive?: Archive | undefined;
}

/** Checkpoints that one transaction goes beyond at most: some thousands of entries. */
const atOnce = 10;

/**
 * The duty that lets old entries go, up to a checkpoint, which stays and says what they came to: the rest can be
 * verified as before. What was let go is an entry itself.
 */
export function auditRetentionDuty(services: AuditRetention): Duty {
  return {
    name: 'audit-retention',
    periodSeconds: 3600,
    async run() {
      let gone = 0;
      for (;;) {
        const old = await selectOld(services.database, {
          keepMs: services.keepMs,
          limit: atOnce,
        });
        const end = old.at(-1);
        if (!end) return { gone };
        gone += await letGo(services, end);
      }
    },
  };
}

async function letGo({ database, archive }: AuditRetention, end: Link): Promise<number> {
  const [first] = await selectSealed(database, { after: -1, upTo: end.position, limit: 1 });
  if (archive && first) {
    const range = { first: first.position, last: end.position };
    const lines = [
      await exportLink(database, range.first),
      ...(await exportPositions(database, range)),
      exportEnd(range.last),
    ];
    const key = `audit/entries/${range.first}-${range.last}.jsonl.gz`;
    await archive.put(key, gzipSync(`${lines.join('\n')}\n`));
  }
  return database.transaction(async (tx) => {
    const gone = await purge(tx, end.position);
    const upTo = markOf(end);
    await insertEntries(tx, [
      {
        ...systemAuthor('retention'),
        action: 'audit.purged',
        outcome: 'done',
        resource: 'audit',
        ids: [],
        details: { upTo, entries: gone, archived: archive?.place ?? null },
      },
    ]);
    return gone;
  });
}
