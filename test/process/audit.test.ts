import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { productMigrations } from '../../src/app/database.ts';
import { findProtection, protectAudit } from '../../src/audit/index.ts';
import { openDatabase, openMigrations } from '../../src/db/index.ts';
import { openTestDatabase } from '../support/database.ts';
import { type Footprint, footprints } from '../support/footprint.ts';
import { openTestInstallation } from '../support/installation.ts';
import { until } from '../support/until.ts';

const secret = { NIGHTSHIFT_SECRET: 'thirty-two characters at the least, here.' };
const patience = { timeoutMs: 60_000, everyMs: 500 };

interface Verified {
  readonly intact: boolean;
  readonly entries: number;
  readonly signed: number;
  readonly waiting: number;
  readonly faults: readonly { readonly position: number; readonly says: string }[];
  readonly warnings: readonly string[];
}

test.concurrent.each(footprints)(
  'on %s the commands show, verify and export the log, and find what was changed',
  async (footprint: Footprint) => {
    const settings = footprint === 'embedded' ? {} : secret;
    await using installation = await openTestInstallation(footprint, {
      ...settings,
      NIGHTSHIFT_AUDIT_CHECKPOINT: '1s',
      NIGHTSHIFT_AUDIT_FOLDER: 'elsewhere',
    });
    const started = await installation.start();
    await installation.command('schedules', 'pause', 'mail-triage-nightly');
    const paused = await installation.command('key', 'create', '--name', 'shop');
    expect(paused.status).toBe(0);
    const listed = await installation.command('audit', 'list', '--action', 'key.created');
    expect(listed.output).toMatch(/local \w+ +command +key\.created +key [\da-f-]{36}/);
    const planted = await installation.command('audit', 'list', '--action', 'schedules.planted');
    expect(planted.output).toMatch(/system config +system +schedules\.planted/);
    const verified = await until(async () => {
      const found = await installation.ask<Verified>('audit', 'verify');
      return found.signed > 0 ? found : undefined;
    }, patience);
    expect(verified).toMatchObject({ intact: true, faults: [] });
    expect(await started.said(/.*audit checkpoint.*/)).toMatch(/"signed":"[\w-]{86}"/);
    const copies = await readdir(join(installation.folder, 'elsewhere/audit/checkpoints'));
    expect(copies.length).toBeGreaterThan(0);

    const file = join(installation.folder, 'audit.jsonl');
    expect((await installation.command('audit', 'export', '--out', file)).status).toBe(0);
    const offline = await installation.command('audit', 'verify', '--file', file);
    expect([offline.status, offline.output]).toEqual([0, expect.stringContaining('is intact')]);
    const pipe = join(installation.folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const [piped] = await Promise.all([
      installation.command('audit', 'verify', '--file', pipe),
      writeFile(pipe, await readFile(file)),
    ]);
    expect(piped).toEqual(offline);
    const missing = await installation.command('audit', 'verify', '--file', 'nope.jsonl');
    expect([missing.status, missing.errors]).toEqual([
      2,
      expect.stringContaining('nope.jsonl cannot be read: ENOENT'),
    ]);
    await writeFile(file, (await readFile(file, 'utf8')).replace('"shop"', '"else"'));
    const edited = await installation.command('audit', 'verify', '--file', file);
    expect([edited.status, edited.output]).toEqual([
      1,
      expect.stringContaining('not what was sealed'),
    ]);

    await installation.stop();
    await installation.look(async (database) => {
      await database.query('alter table nightshift_audit.entries disable trigger refuse_change');
      await database.query(
        `delete from nightshift_audit.entries where action = 'key.created' and after ->> 'name' = 'shop'`,
      );
      await database.query('alter table nightshift_audit.entries enable trigger refuse_change');
    });
    const found = await installation.command('audit', 'verify');
    expect([found.status, found.output]).toEqual([
      1,
      expect.stringMatching(/tampered with.*\n.*was taken out/),
    ]);
  },
  240_000,
);

test('once it is protected the role of the application can add to the log, and neither change nor drop it', async () => {
  await using place = await openTestDatabase('postgres', {});
  const [{ name } = { name: '' }] = await place.database.query<{ name: string }>(
    'select current_database() as name',
  );
  const role = `app_${name}`;
  await place.database.query(`create role ${role} login`);
  try {
    await place.database.query(`alter database ${name} owner to ${role}`);
    await place.database.query(`grant all on schema public to ${role}`);
    const admin = (place.options as { readonly url: string }).url;
    const url = new URL(admin);
    url.username = role;
    url.password = '';
    const app = await openDatabase({ kind: 'postgres', url: url.href });
    try {
      await openMigrations(app, productMigrations).up();
      expect(await findProtection(app)).toMatchObject({
        isPrevented: false,
        says: expect.stringContaining('owns the audit log') as string,
      });
      expect(await protectAudit(admin, role)).toMatchObject({ isPrevented: true });
      expect(await protectAudit(admin, role)).toMatchObject({ isPrevented: true });
      expect(await findProtection(app)).toMatchObject({ isPrevented: true });
      const insert = `insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids) values ('{}', '{}', 'x', 'done', 'x', '{}')`;
      await app.query(insert);
      expect(await app.query('select * from nightshift_audit.unsealed')).toHaveLength(1);
      for (const statement of [
        insert
          .replace('(actor', '(at, actor')
          .replace("values ('{}'", "values ('2020-01-01', '{}'"),
        `update nightshift_audit.entries set action = 'y'`,
        `delete from nightshift_audit.entries`,
        'truncate nightshift_audit.entries',
        'alter table nightshift_audit.entries disable trigger refuse_change',
        'drop table nightshift_audit.entries',
        'drop schema nightshift_audit cascade',
        `create or replace function nightshift_audit.refuse_change() returns trigger language plpgsql as 'begin return null; end'`,
        'set role nightshift_audit',
        'update nightshift_audit.seals set position = 7',
        'delete from nightshift_audit.checkpoints',
      ])
        await expect(app.query(statement)).rejects.toThrow(/permission denied|must be owner/);
      await expect(protectAudit(url.href, role)).rejects.toMatchObject({ code: 'audit.protect' });
    } finally {
      await app.close();
    }
    await expect(protectAudit(admin, 'nobody-like-that')).rejects.toThrow('there is no such role');
  } finally {
    await place.database.query(`reassign owned by ${role} to current_user`);
    await place.database.query(`drop owned by ${role}`);
    await place.database.query(`drop role ${role}`);
  }
});
