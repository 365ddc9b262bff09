import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { idleBound } from '../../src/db/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';

/** A transaction that may rest for 50 ms, and rests for longer. */
async function restTooLong(tx: Sql): Promise<unknown> {
  await tx.query(`select ${idleBound('$1')}`, ['50']);
  await sleep(300);
  return tx.query('select 1 as answer');
}

test.each(databaseKinds)(
  'on %s a transaction that rests too long holds nobody up for ever',
  async (kind) => {
    await using place = await openTestDatabase(kind);
    const { database } = place;
    const rested = await database
      .transaction(restTooLong)
      .catch(({ code }: { code: string }) => code);
    expect(rested).toEqual(kind === 'postgres' ? '25P03' : [{ answer: 1 }]);
    expect(await database.query('select 2 as answer')).toEqual([{ answer: 2 }]);
  },
);
