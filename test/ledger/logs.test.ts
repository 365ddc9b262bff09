import { expect, test } from 'vitest';
import { ledgerMigrations, listLogs, newId } from '../../src/ledger/index.ts';
import { insertLogs } from '../../src/ledger/logs.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';

test.each(databaseKinds)('on %s the log is read beyond the two-billionth line', async (kind) => {
  await using place = await openTestDatabase(kind, ledgerMigrations);
  const { database } = place;
  const last = 2 ** 31 - 1;
  await database.query(`select setval('nightshift.log_sequence', $1)`, [last - 1]);
  const run = newId();
  const line = { run, attempt: 1, at: new Date(), level: 'info' } as const;
  await insertLogs(database, [
    { ...line, message: 'before' },
    { ...line, message: 'after' },
    { ...line, message: 'later' },
  ]);
  const lines = await listLogs(database, run);
  expect(lines.map(({ sequence }) => sequence)).toEqual([last, last + 1, last + 2]);
  const after = await listLogs(database, run, { after: last + 1 });
  expect(after.map(({ message }) => message)).toEqual(['later']);
});
