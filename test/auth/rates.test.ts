import { describe, expect, test } from 'vitest';
import { type Auth, authMigrations, openAuth } from '../../src/auth/index.ts';
import { collectRoles } from '../../src/core/roles.ts';
import type { Database } from '../../src/db/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';
import { makeKey } from '../support/keys.ts';

function open(database: Database, ratePerMinute = 12_000): Auth {
  return openAuth({
    database,
    roles: collectRoles(),
    ratePerMinute,
    onError: (error) => {
      throw error;
    },
  });
}

async function askOften(auth: Auth, secret: string, times: number): Promise<number> {
  const asked = await Promise.all(
    Array.from({ length: times }, () => auth.authenticate(`Bearer ${secret}`)),
  );
  return asked.filter(({ rate }) => rate.isAllowed).length;
}

describe.each(databaseKinds)('the rate of a key on %s', (kind) => {
  test('holds over all processes, to the request where it is low', async () => {
    await using place = await openTestDatabase(kind, authMigrations);
    const { secret } = await makeKey(place.database, { ratePerMinute: 10 });
    const auths = [open(place.database), open(place.database), open(place.database)];
    const allowed = await Promise.all(auths.map((auth) => askOften(auth, secret, 8)));
    expect(allowed.reduce((sum, count) => sum + count, 0)).toBe(10);
    const { rate } = await auths[0]!.authenticate(`Bearer ${secret}`);
    expect(rate).toMatchObject({ isAllowed: false, limit: 10, remaining: 0 });
    expect(rate.resetMs).toBeGreaterThan(0);
    expect(rate.resetMs).toBeLessThanOrEqual(60_000);
    for (const auth of auths) await auth.close();
  });

  test('begins anew when its minute is over', async () => {
    await using place = await openTestDatabase(kind, authMigrations);
    const { secret } = await makeKey(place.database, { ratePerMinute: 2 });
    const auth = open(place.database);
    expect(await askOften(auth, secret, 5)).toBe(2);
    await place.database.query(
      `update nightshift.key_rates set began_at = began_at - interval '61 seconds'`,
    );
    const later = open(place.database);
    expect(await askOften(later, secret, 5)).toBe(2);
    for (const one of [auth, later]) await one.close();
  });

  test('is as the installation says where the key has none of its own, and one key does not use up another', async () => {
    await using place = await openTestDatabase(kind, authMigrations);
    const [first, second] = [await makeKey(place.database), await makeKey(place.database)];
    const auth = open(place.database, 3);
    expect(await askOften(auth, first.secret, 5)).toBe(3);
    expect(await askOften(auth, second.secret, 5)).toBe(3);
    await auth.close();
  });
});

test('a thousand requests ask the database a few times, and refused ones not at all', async () => {
  await using place = await openTestDatabase('postgres', authMigrations);
  const { secret } = await makeKey(place.database, { ratePerMinute: 1_000 });
  const texts: string[] = [];
  const watched: Database = {
    ...place.database,
    query: (text, values) => {
      texts.push(text);
      return place.database.query(text, values);
    },
  };
  const auth = open(watched);
  expect(await askOften(auth, secret, 3_000)).toBe(1_000);
  const isOf = (table: string) => texts.filter((text) => text.includes(table)).length;
  expect(isOf('nightshift.key_rates')).toBeLessThanOrEqual(101);
  expect(isOf('from nightshift.keys')).toBe(1);
  const { rate } = await auth.authenticate(`Bearer ${secret}`);
  expect(rate).toMatchObject({ isAllowed: false, remaining: 0 });
  await auth.close();
});
