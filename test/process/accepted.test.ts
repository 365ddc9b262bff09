import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { createTestPlace, databaseKinds } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startProcess } from '../support/process.ts';
import { openChance } from '../support/seed.ts';
import type { ProducerOptions } from './fixtures/producer.ts';

const producer = join(import.meta.dirname, 'fixtures/producer.ts');
const kills = 4;
const { random } = openChance('accepted means committed');

/** The accepted runs that are not in the ledger after a producer died at the moment an enqueue resolved. */
async function findLost(options: ProducerOptions): Promise<{ accepted: number; lost: string[] }> {
  await using child = startProcess(producer, [JSON.stringify(options)]);
  expect([await child.ended(), child.errors]).toEqual(['SIGKILL', '']);
  const ids = (await readFile(options.accepted, 'utf8')).trim().split('\n');
  const database = await openDatabase(options.database);
  const rows = await database.query<{ id: string }>('select id from nightshift.runs');
  await database.close();
  const kept = new Set(rows.map(({ id }) => id));
  return { accepted: ids.length, lost: ids.filter((id) => !kept.has(id)) };
}

test.each(databaseKinds)(
  'on %s, a run whose enqueue resolved is in the ledger, though its process died in that moment',
  async (kind) => {
    await using place = await createTestPlace(kind, ledgerMigrations);
    await using folder = await temporaryFolder();
    const accepted = join(folder.path, 'accepted');
    let before = 0;
    for (let i = 0; i < kills; i++) {
      const kill = random.between(1, 600);
      const found = await findLost({ database: place.options, accepted, kill });
      expect(found).toEqual({ accepted: before + kill, lost: [] });
      before = found.accepted;
    }
  },
);
