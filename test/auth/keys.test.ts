import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  authMigrations,
  isAdminAlive,
  listKeys,
  makeFirstKey,
  revokeKey,
  rotateKey,
} from '../../src/auth/index.ts';
import { type Actor, localOperator } from '../../src/core/actor.ts';
import { collectRoles } from '../../src/core/roles.ts';
import { openDatabase, openMigrations } from '../../src/db/index.ts';
import { databaseKinds, openTestDatabase } from '../support/database.ts';
import { makeKey } from '../support/keys.ts';
import { until } from '../support/until.ts';
import { codeOf, openTestAuths, type TestAuths } from './auths.ts';

const roles = collectRoles();
const doing = { actor: localOperator, roles };

describe.each(databaseKinds)('keys on %s', (kind) => {
  let place: TestAuths;
  beforeAll(async () => void (place = await openTestAuths(kind)));
  afterAll(() => place[Symbol.asyncDispose]());
  beforeEach(async () => void (await place.database.query('delete from nightshift.keys')));

  const present = (secret: string, auth = place.auths[0]) => auth.authenticate(`Bearer ${secret}`);

  test('a key is known by its secret: who it is, what it may, and which jobs', async () => {
    const { secret, key } = await makeKey(place.database, {
      name: 'shop',
      role: 'developer',
      jobs: ['mail-*'],
    });
    expect((await present(secret)).actor).toEqual({
      kind: 'key',
      id: key.id,
      name: 'shop',
      role: 'developer',
      jobs: ['mail-*'],
    });
  });

  test('of a secret only its beginning and its hash are kept', async () => {
    const { secret, key } = await makeKey(place.database);
    expect(secret).toMatch(/^nsk_[\da-f]{8}_[\w-]{43}$/);
    expect(secret.startsWith(`${key.prefix}_`)).toBe(true);
    const [row] = await place.database.query<{ text: string; bytes: number }>(
      `select k::text as text, length(hash) as bytes from nightshift.keys k`,
    );
    expect(row!.bytes).toBe(32);
    expect(row!.text).not.toContain(secret.slice(13));
    expect(JSON.stringify(await listKeys(place.database))).not.toMatch(/hash|nsk_\w{8}_/);
  });

  test('what is not a key, or nearly one, is told from one that has ended', async () => {
    const { secret } = await makeKey(place.database);
    const other = secret.endsWith('A') ? 'B' : 'A';
    const auth = place.auths[0];
    expect(await codeOf(auth.authenticate(undefined))).toBe('auth.required');
    expect(await codeOf(auth.authenticate('Basic YTpi'))).toBe('auth.required');
    for (const wrong of ['x', secret.slice(0, -1), `${secret}x`, `${secret.slice(0, -1)}${other}`])
      expect(await codeOf(present(wrong))).toBe('auth.key_unknown');
    const short = await makeKey(place.database, { expiresMs: 1 });
    await until(async () => (await codeOf(present(short.secret))) === 'auth.key_expired');
    const gone = await makeKey(place.database);
    await revokeKey(place.database, gone.key.id, doing);
    expect(await codeOf(present(gone.secret))).toBe('auth.key_revoked');
  });

  test('a revoked key is refused by everybody who knows it, without a wait for what they remember', async () => {
    const { secret, key } = await makeKey(place.database);
    for (const auth of place.auths) expect(await codeOf(present(secret, auth))).toBe('let in');
    expect(await revokeKey(place.database, key.prefix, doing)).toMatchObject({ state: 'revoked' });
    for (const auth of place.auths)
      await until(async () => (await codeOf(present(secret, auth))) === 'auth.key_revoked');
    const again = await revokeKey(place.database, key.id, doing);
    expect(again.revokedBy).toBe('local operator');
  });

  test('a key that is rotated is good beside the new one until the overlap is over', async () => {
    const old = await makeKey(place.database, { role: 'operator', jobs: ['digest'] });
    const made = await rotateKey(place.database, { id: old.key.id, overlapMs: 3_600_000 }, doing);
    expect(made.key).toMatchObject({ role: 'operator', jobs: ['digest'], name: 'a test' });
    expect(made.replaced).toMatchObject({
      id: old.key.id,
      replacedBy: made.key.id,
      state: 'active',
    });
    for (const secret of [old.secret, made.secret])
      expect(await codeOf(present(secret))).toBe('let in');
    expect(await codeOf(rotateKey(place.database, { id: old.key.id, overlapMs: 0 }, doing))).toBe(
      'key.ended',
    );
    const last = await rotateKey(place.database, { id: made.key.id, overlapMs: 0 }, doing);
    await until(async () => (await codeOf(present(made.secret))) === 'auth.key_expired');
    expect(await codeOf(present(last.secret))).toBe('let in');
  });

  test('a rotated key that was to expire gets a successor that lives as long', async () => {
    const old = await makeKey(place.database, { expiresMs: 3_600_000 });
    const made = await rotateKey(place.database, { id: old.key.id, overlapMs: 7_200_000 }, doing);
    const lifetime = made.key.expiresAt!.getTime() - made.key.createdAt.getTime();
    expect(Math.abs(lifetime - 3_600_000)).toBeLessThan(1_000);
    expect(made.replaced.expiresAt).toEqual(old.key.expiresAt);
  });

  test('its last use is written down, once for many requests', async () => {
    const { secret } = await makeKey(place.database);
    await Promise.all(Array.from({ length: 20 }, () => present(secret)));
    const used = await until(async () => (await listKeys(place.database))[0]?.lastUsedAt);
    for (const auth of place.auths) await present(secret, auth);
    await place.open().close();
    expect((await listKeys(place.database))[0]?.lastUsedAt).toEqual(used);
  });

  const maker: Actor = {
    kind: 'key',
    id: '00000000-0000-4000-8000-000000000001',
    name: 'x',
    role: 'developer',
    jobs: ['mail-*'],
  };
  test.each([
    ['a wider role', { role: 'admin' }, 'the role admin may also'],
    ['all jobs', { role: 'viewer' }, 'limited to the jobs mail-*'],
    ['other jobs', { role: 'viewer', jobs: ['mail-triage', 'digest'] }, 'limited to the jobs'],
  ])('nobody gives a key more than they have: %s', async (_, wish, says) => {
    const given = { actor: maker, roles };
    const { createKey } = await import('../../src/auth/index.ts');
    await expect(createKey(place.database, { name: 'x', ...wish }, given)).rejects.toThrow(says);
    const key = await createKey(
      place.database,
      { name: 'x', role: 'viewer', jobs: ['mail-triage'] },
      given,
    );
    expect(key.key.createdBy).toBe('key x');
  });

  test('a key of wider rights is neither revoked nor rotated by who has less', async () => {
    const { key } = await makeKey(place.database);
    const given = { actor: maker, roles };
    expect(await codeOf(revokeKey(place.database, key.id, given))).toBe('key.beyond');
    expect(await codeOf(rotateKey(place.database, { id: key.id, overlapMs: 0 }, given))).toBe(
      'key.beyond',
    );
  });

  test.each([
    [{ role: 'viewr' }, 'there is no role "viewr"; did you mean "viewer"?'],
    [{ jobs: ['mail triage'] }, '"mail triage" is not the name of a job'],
    [{ jobs: ['*mail'] }, '"*mail" is not the name of a job'],
    [{ jobs: [] }, 'limited to no job'],
    [{ expiresMs: 0 }, 'expires between now and a hundred years on'],
    [{ expiresMs: 1e15 }, 'expires between now and a hundred years on'],
  ])('a key cannot be made with %j', async (wish, says) => {
    await expect(makeKey(place.database, wish)).rejects.toThrow(says);
  });

  test.each(['nothing', 'nsk_00000000', '00000000-0000-4000-8000-000000000000', "'\0"])(
    'there is no key %j',
    async (id) => {
      expect(await codeOf(revokeKey(place.database, id, doing))).toBe('key.missing');
    },
  );

  test('nothing of this went wrong unseen', () => {
    expect(place.errors).toEqual([]);
  });

  test('an admin key is alive until the last one has ended', async () => {
    expect(await isAdminAlive(place.database, roles)).toBe(false);
    await makeKey(place.database, { jobs: ['digest'] });
    await makeKey(place.database, { role: 'developer' });
    expect(await isAdminAlive(place.database, roles)).toBe(false);
    const { key } = await makeKey(place.database);
    expect(await isAdminAlive(place.database, roles)).toBe(true);
    await revokeKey(place.database, key.id, doing);
    expect(await isAdminAlive(place.database, roles)).toBe(false);
  });
});

test.each(databaseKinds)('the tables of keys on %s go away and come back', async (kind) => {
  await using place = await openTestDatabase(kind, authMigrations);
  const migrations = openMigrations(place.database, authMigrations);
  for (const name of Object.keys(authMigrations).reverse())
    expect(await migrations.down()).toBe(name);
  const left = await place.database.query(
    `select relname from pg_class where relnamespace = 'nightshift'::regnamespace and relname !~ '^migrations'
     union all select proname from pg_proc where pronamespace = 'nightshift'::regnamespace`,
  );
  expect(left).toEqual([]);
  await migrations.up();
  await makeKey(place.database);
});

test('a key that is presented is found by an index, whatever their number', async () => {
  await using place = await openTestDatabase('postgres', authMigrations);
  await place.database.query(
    `insert into nightshift.keys (prefix, hash, name, role, created_by)
     select 'nsk_' || lpad(to_hex(n), 8, '0'), '', 'x', 'viewer', 'x' from generate_series(1, 20000) n`,
  );
  await place.database.query('analyze nightshift.keys');
  const plan = await place.database.query(
    `explain select * from nightshift.keys where prefix = 'nsk_00000007'`,
  );
  expect(JSON.stringify(plan)).toContain('Index Scan using keys_prefix_key');
});

describe('the first key', () => {
  test('is made once, whoever starts at the same time, and never again', async () => {
    await using place = await openTestDatabase('postgres', authMigrations);
    const databases = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase(place.options)),
    );
    const made = await Promise.all(databases.map((one) => makeFirstKey(one, roles)));
    expect(made.flatMap((one) => one?.secret ?? [])).toEqual([expect.stringMatching(/^nsk_/)]);
    await place.database.query('delete from nightshift.keys');
    expect(await makeFirstKey(place.database, roles)).toBeUndefined();
    for (const one of databases) await one.close();
  });

  test('is not made where somebody has an admin key', async () => {
    await using place = await openTestDatabase('pglite', authMigrations);
    await makeKey(place.database);
    expect(await makeFirstKey(place.database, roles)).toBeUndefined();
    expect(await listKeys(place.database)).toHaveLength(1);
  });
});
