import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { revokeKey, rotateKey } from '../../src/auth/index.ts';
import { localOperator } from '../../src/core/actor.ts';
import { collectRoles } from '../../src/core/roles.ts';
import { databaseKinds } from '../support/database.ts';
import { makeKey } from '../support/keys.ts';
import { until } from '../support/until.ts';
import { codeOf, openTestAuths, type TestAuths } from './auths.ts';

const roles = collectRoles();
const doing = { actor: localOperator, roles };
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

describe.each(databaseKinds)('sessions on %s', (kind) => {
  let place: TestAuths;
  beforeAll(async () => void (place = await openTestAuths(kind)));
  afterAll(() => place[Symbol.asyncDispose]());
  beforeEach(async () => void (await place.database.query('delete from nightshift.keys')));

  const everywhere = (token: string) =>
    Promise.all(place.auths.map((auth) => codeOf(auth.resume(token))));
  const count = async () => {
    const [row] = await place.database.query<{ count: number }>(
      `select count(*)::int as count from nightshift.key_sessions`,
    );
    return row!.count;
  };

  test('a session stands for the key that it was opened with, in every process', async () => {
    const { secret, key } = await makeKey(place.database, { role: 'viewer', jobs: ['mail-*'] });
    const { token, lastsMs } = await place.auths[0].signIn(secret);
    expect(lastsMs).toBe(12 * 3_600_000);
    for (const auth of place.auths)
      expect(await auth.resume(token)).toMatchObject({
        actor: { kind: 'key', id: key.id, role: 'viewer', jobs: ['mail-*'] },
        rate: { isAllowed: true, limit: 12_000 },
      });
  });

  test('of a token only its hash is kept', async () => {
    const { secret } = await makeKey(place.database);
    const { token } = await place.auths[0].signIn(secret);
    expect(token).toMatch(/^[\w-]{43}$/);
    const [row] = await place.database.query<{ text: string; hash: string }>(
      `select s::text as text, hash from nightshift.key_sessions s`,
    );
    expect(row!.hash).toBe(hashOf(token));
    expect(row!.text).not.toContain(token);
  });

  test('nobody gets one without a key that is good, and as often as the key allows', async () => {
    const wrong = `nsk_00000000_${'x'.repeat(43)}`;
    for (const secret of ['', 'x', wrong])
      expect(await codeOf(place.auths[0].signIn(secret))).toBe('auth.key_unknown');
    const gone = await makeKey(place.database);
    await revokeKey(place.database, gone.key.id, doing);
    expect(await codeOf(place.auths[0].signIn(gone.secret))).toBe('auth.key_revoked');
    const rare = await makeKey(place.database, { ratePerMinute: 1 });
    expect(await codeOf(place.auths[0].signIn(rare.secret))).toBe('let in');
    expect(await codeOf(place.auths[0].signIn(rare.secret))).toBe('auth.rate_limited');
    expect(await count()).toBe(1);
  });

  test('a token that is none, or was tampered with, is no session', async () => {
    const { secret } = await makeKey(place.database);
    const { token } = await place.auths[0].signIn(secret);
    const other = token.startsWith('A') ? 'B' : 'A';
    expect(await codeOf(place.auths[0].resume(undefined))).toBe('auth.required');
    for (const wrong of ['', 'x', `${other}${token.slice(1)}`, `${token}x`, "'\0", hashOf(token)])
      expect(await codeOf(place.auths[0].resume(wrong))).toBe('auth.session_over');
  });

  test('what is asked by sessions counts for the key', async () => {
    const { secret } = await makeKey(place.database, { ratePerMinute: 3 });
    const { token } = await place.auths[0].signIn(secret);
    await place.auths[0].authenticate(`Bearer ${secret}`);
    expect((await place.auths[0].resume(token)).rate).toMatchObject({
      isAllowed: true,
      remaining: 0,
    });
    expect((await place.auths[0].resume(token)).rate.isAllowed).toBe(false);
  });

  test('it ends at once in every process with its key, revoked, rotated or gone', async () => {
    const tokens: string[] = [];
    const keys: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { secret, key } = await makeKey(place.database);
      keys.push(key.id);
      tokens.push((await place.auths[0].signIn(secret)).token);
    }
    for (const token of tokens) expect(await everywhere(token)).toEqual(['let in', 'let in']);
    await revokeKey(place.database, keys[0]!, doing);
    await rotateKey(place.database, { id: keys[1]!, overlapMs: 0 }, doing);
    await place.database.query('delete from nightshift.keys where id = $1', [keys[2]]);
    const codes = ['auth.key_revoked', 'auth.key_expired', 'auth.session_over'];
    for (const [i, code] of codes.entries())
      await until(async () => (await everywhere(tokens[i]!)).every((told) => told === code));
  });

  test('it ends at once in every process when somebody signs out, and no other does', async () => {
    const { secret } = await makeKey(place.database);
    const { token } = await place.auths[0].signIn(secret);
    const other = await place.auths[0].signIn(secret);
    expect(await everywhere(token)).toEqual(['let in', 'let in']);
    await place.auths[1].signOut(token);
    await place.auths[1].signOut(token);
    await place.auths[1].signOut('nothing');
    await until(async () =>
      (await everywhere(token)).every((told) => told === 'auth.session_over'),
    );
    expect(await everywhere(other.token)).toEqual(['let in', 'let in']);
  });

  test('it is over after its hours, also for who remembers it', async () => {
    const { secret } = await makeKey(place.database);
    const { token } = await place.auths[0].signIn(secret);
    await place.database.query(
      `update nightshift.key_sessions set expires_at = now() + interval '300 milliseconds'`,
    );
    expect(await everywhere(token)).toEqual(['let in', 'let in']);
    await until(async () =>
      (await everywhere(token)).every((told) => told === 'auth.session_over'),
    );
  });

  test('a new one sweeps those that are over, and what one key has too many of', async () => {
    const { secret, key } = await makeKey(place.database);
    const gone = await makeKey(place.database);
    await place.auths[0].signIn(gone.secret);
    await revokeKey(place.database, gone.key.id, doing);
    await place.database.query(
      `insert into nightshift.key_sessions (hash, key_id, created_at, expires_at)
       select n::text, $1::uuid, now() - n * interval '1 minute', now() + interval '1 hour' from generate_series(1, 120) n
       union all select 'old' || n, $1::uuid, now() - interval '13 hours', now() - interval '1 hour' from generate_series(1, 30) n`,
      [key.id],
    );
    await place.auths[0].signIn(secret);
    expect(await count()).toBe(100);
    const left = await place.database.query<{ hash: string }>(
      `select hash from nightshift.key_sessions where hash ~ '^(old|100|120)'`,
    );
    expect(left).toEqual([]);
  });

  test('many who sign in at once do not get into the way of each other', async () => {
    const { secret } = await makeKey(place.database);
    const opened = await Promise.all(
      Array.from({ length: 30 }, (_, i) => place.auths[i % 2]!.signIn(secret)),
    );
    for (const { token } of opened) expect(await everywhere(token)).toEqual(['let in', 'let in']);
  });

  test('its last use is written down', async () => {
    const { secret } = await makeKey(place.database);
    const { token } = await place.auths[0].signIn(secret);
    await place.database.query(
      `update nightshift.key_sessions set last_used_at = now() - interval '1 hour'`,
    );
    await place.auths[0].resume(token);
    await until(async () => {
      const rows = await place.database.query(
        `select from nightshift.key_sessions where last_used_at > now() - interval '1 minute'`,
      );
      return rows.length === 1;
    });
  });

  test('nothing of this went wrong unseen', () => {
    expect(place.errors).toEqual([]);
  });
});
