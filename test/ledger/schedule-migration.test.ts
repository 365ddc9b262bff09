import { expect, test } from 'vitest';
import { openMigrations } from '../../src/db/index.ts';
import { ledgerMigrations } from '../../src/ledger/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';

const before = Object.fromEntries(
  Object.entries(ledgerMigrations).filter(([name]) => name < 'ledger/0008'),
);

test.each(databaseKinds)(
  'on %s, schedules and firings of the version before are kept, upwards and downwards',
  async (kind) => {
    await using place = await openTestDatabase(kind, before);
    const { database } = place;
    await database.query(
      `insert into nightshift.schedules (name, job, payload, cron, timezone, next_due)
       values ('daily', 'digest', '{}', '@daily', 'UTC', now())`,
    );
    await database.query(
      `insert into nightshift.firings (schedule, due, run_id) values ('daily', now(), gen_random_uuid())`,
    );
    const migrations = openMigrations(database, { ...before, ...upTo('ledger/0008-schedules') });
    await migrations.up();
    await database.query(
      `insert into nightshift.schedules (name, job, payload, cron, timezone, rules, next_due)
       values ('interval', 'digest', '{}', null, 'UTC', '{"every":"1h"}', now())`,
    );
    await database.query(
      `insert into nightshift.firings (schedule, due, state, why)
       values ('daily', now() - interval '1 day', 'skipped', 'paused')`,
    );
    expect(await migrations.down()).toBe('ledger/0008-schedules');
    // What the version before cannot say is gone; the rest is as it was.
    expect(await database.query('select name, cron from nightshift.schedules')).toEqual([
      { name: 'daily', cron: '@daily' },
    ]);
    expect(await database.query('select schedule from nightshift.firings')).toHaveLength(1);
    await migrations.up();
  },
);

function upTo(name: keyof typeof ledgerMigrations) {
  return { [name]: ledgerMigrations[name] };
}
