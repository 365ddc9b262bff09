import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { genesis, hashSeal } from '../../src/audit/chain.ts';
import {
  type Audit,
  archiveMissing,
  auditMigrations,
  auditRetentionDuty,
  type Checkpoint,
  type ExportPlace,
  exportPage,
  openAudit,
  openSealer,
  openSigner,
  sealAll,
  selectEntries,
  verifyExport,
  verifyLog,
} from '../../src/audit/index.ts';
import { nobody } from '../../src/core/actor.ts';
import { systemAuthor } from '../../src/core/audit.ts';
import type { Sql } from '../../src/core/sql.ts';
import { openMemoryArchive } from '../../src/testing/memory-archive.ts';
import { databaseKinds, openTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const secret = 'the secret of an installation, of which nobody knows';
const signer = openSigner(secret);
const trusted = [signer.publicKey];
const tables = ['entries', 'seals', 'checkpoints'];

describe.each(databaseKinds)('the audit log on %s', (kind) => {
  let place: TestDatabase;
  let sql: Sql;
  let audit: Audit;
  let renamed = 0;
  const errors: unknown[] = [];
  beforeAll(async () => {
    place = await openTestDatabase(kind, auditMigrations);
    sql = place.database;
    await sql.query('create table changed (id int primary key, name text)');
  });
  afterAll(async () => place[Symbol.asyncDispose]());
  beforeEach(async () => {
    renamed = 0;
    await tamper(
      'truncate nightshift_audit.entries, nightshift_audit.seals, nightshift_audit.checkpoints restart identity',
    );
    await sql.query('truncate nightshift_audit.unsealed, changed');
    audit = openAudit({ database: place.database, onError: (error) => errors.push(error) });
  });

  /** As somebody does who may do everything. */
  async function tamper(statement: string): Promise<void> {
    const each = async (what: string) => {
      for (const table of tables)
        await sql.query(`alter table nightshift_audit.${table} ${what} trigger refuse_change`);
    };
    await each('disable');
    await sql.query(statement);
    await each('enable');
  }

  async function rename(id: number, name: string): Promise<void> {
    const look = async (tx: Sql) =>
      (await tx.query<{ name: string }>('select name from changed where id = $1', [id]))[0] ?? null;
    await audit
      .during(systemAuthor('a test'), {
        action: 'schedule.changed',
        resource: 'thing',
        ids: [String(id)],
        look,
      })
      .transaction((tx) =>
        tx.query('insert into changed values ($1, $2) on conflict (id) do update set name = $2', [
          id,
          name,
        ]),
      );
  }

  const services = (checkpointMs = 0) => ({ database: place.database, signer, checkpointMs });
  const seal = (checkpointMs?: number) => sealAll(services(checkpointMs));
  const verify = () => verifyLog(sql, { trusted, onceMoreMs: 0 });

  /** A chain of so many entries, with a checkpoint after each `every`. */
  async function write(count: number, every = 3): Promise<void> {
    for (let i = 1; i <= count; i++) {
      await rename(i, `name ${++renamed}`);
      if (i % every === 0) await seal();
    }
    await seal();
  }

  test('an entry tells who changed what, before and after', async () => {
    await rename(1, 'one');
    await rename(1, 'two');
    const [second, first] = await selectEntries(sql, {}, { limit: 10 });
    expect(first).toMatchObject({
      actor: { kind: 'system', name: 'a test' },
      action: 'schedule.changed',
      outcome: 'done',
      ids: ['1'],
      before: null,
      after: { name: 'one' },
      position: null,
    });
    expect(second).toMatchObject({ before: { name: 'one' }, after: { name: 'two' } });
  });

  test('a change and its entry are kept both or neither', async () => {
    const change = { action: 'schedule.changed', resource: 'thing', ids: ['1'] } as const;
    const failing = audit.during(systemAuthor('a test'), change).transaction(async (tx) => {
      await tx.query(`insert into changed values (1, 'one')`);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const unwritable = audit
      .during(systemAuthor('a test'), { ...change, look: () => Promise.reject(new Error('away')) })
      .transaction((tx) => tx.query(`insert into changed values (1, 'one')`));
    await expect(unwritable).rejects.toThrow('away');
    expect(await sql.query('select from changed')).toEqual([]);
    expect(await selectEntries(sql, {}, { limit: 10 })).toEqual([]);
  });

  test('a change that changed nothing leaves no entry', async () => {
    const change = {
      action: 'schedule.changed',
      resource: 'thing',
      tell: () => undefined,
    } as const;
    await audit.during(systemAuthor('a test'), change).transaction(() => Promise.resolve());
    expect(await selectEntries(sql, {}, { limit: 10 })).toEqual([]);
  });

  test('a chain that nobody touched is intact, and its checkpoints are signed', async () => {
    await write(10);
    expect(await verify()).toEqual({
      intact: true,
      entries: 10,
      first: 1,
      last: 10,
      checkpoints: 4,
      signed: 4,
      waiting: 0,
      faults: [],
      warnings: [],
    });
  });

  test('two that seal at once make one chain', async () => {
    for (let i = 0; i < 40; i++) await rename(i, 'x');
    await Promise.all([seal(), seal(), seal()]);
    await seal();
    expect(await verify()).toMatchObject({ intact: true, entries: 40, last: 40 });
  });

  const faultsAt = async () =>
    (await verify()).faults.map(({ position, says }) => [position, says]);

  test('the application itself cannot change, delete or empty anything', async () => {
    await write(3);
    for (const statement of [
      `update nightshift_audit.entries set action = 'nothing'`,
      `delete from nightshift_audit.entries`,
      `truncate nightshift_audit.seals`,
      `delete from nightshift_audit.checkpoints where false`,
      `select nightshift_audit.purge(3)`,
      `select nightshift_audit.purge(2)`,
    ])
      await expect(sql.query(statement)).rejects.toThrow(
        /only ever added to|last 30 days|no checkpoint/,
      );
    expect(await verify()).toMatchObject({ intact: true, entries: 3 });
  });

  test('an edited entry is found, and where', async () => {
    await write(10);
    await tamper(`update nightshift_audit.entries set after = '{"name": "else"}' where id = 5`);
    expect(await faultsAt()).toEqual([
      [
        5,
        expect.stringMatching(/entry 5, at 5, is not what was sealed.*schedule\.changed by a test/),
      ],
    ]);
  });

  test('an edited seal is told from an edited entry', async () => {
    await write(10, 100);
    await tamper(`update nightshift_audit.seals set hash = sha256('x') where position = 5`);
    expect(await faultsAt()).toEqual([[5, 'the seal at 5 was changed']]);
  });

  test('a deleted entry is found, with its seal or without', async () => {
    await write(10);
    await tamper(`delete from nightshift_audit.entries where id = 4`);
    expect(await faultsAt()).toEqual([[4, 'entry 4, at 4, was taken out']]);
    await tamper(`delete from nightshift_audit.seals where position = 4`);
    expect(await faultsAt()).toEqual([[4, 'position 4 was taken out of the chain']]);
  });

  test('entries that were put in are found: past the seals, or with an early date', async () => {
    await write(6);
    await tamper(
      `insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids) values ('{"name":"x"}', '{}', 'x', 'done', 'x', '{}')`,
    );
    await sql.query('delete from nightshift_audit.unsealed');
    expect(await faultsAt()).toEqual([[null, expect.stringMatching(/entry 7 is in no seal/)]]);
    await sql.query('insert into nightshift_audit.unsealed values (7)');
    await tamper(`update nightshift_audit.entries set at = now() - interval '2 days' where id = 7`);
    await seal();
    expect(await faultsAt()).toEqual([
      [7, expect.stringMatching(/entry 7, at 7, .* put in later/)],
    ]);
  });

  test('a chain that was written anew is found by its checkpoints', async () => {
    await write(6, 6);
    await tamper(`update nightshift_audit.entries set action = 'queue.paused' where id = 3`);
    let previous = genesis;
    const entries = await selectEntries(sql, {}, { limit: 10 });
    for (const [i, entry] of entries.reverse().entries()) {
      previous = hashSeal(previous, i + 1, entry);
      const hex = Buffer.from(previous).toString('hex');
      await tamper(
        `update nightshift_audit.seals set hash = decode('${hex}', 'hex') where position = ${i + 1}`,
      );
    }
    expect(await faultsAt()).toEqual([
      [6, expect.stringMatching(/what stands up to 6 is not what was there/)],
    ]);
  });

  test('an end that was cut off is found by the checkpoint that it had', async () => {
    await write(6);
    await tamper('delete from nightshift_audit.entries where id > 4');
    await tamper('delete from nightshift_audit.seals where position > 4');
    expect(await faultsAt()).toEqual([[5, 'positions 5 to 6 were taken off the end']]);
  });

  test('a log of which nothing but its checkpoints is left is not intact', async () => {
    await write(6);
    for (const table of ['entries', 'seals', 'unsealed'])
      await tamper(`delete from nightshift_audit.${table}`);
    expect(await faultsAt()).toEqual([[1, 'positions 1 to 6 were taken off the end']]);
  });

  test('a checkpoint that was made up is found, and one of a key that nobody trusts', async () => {
    await write(4, 4);
    await tamper(`update nightshift_audit.checkpoints set at = at + interval '1 second'`);
    expect(await faultsAt()).toEqual([[4, 'the checkpoint at 4 is not what was signed']]);
    const other = openSigner('another secret of another installation');
    await rename(9, 'x');
    await tamper('delete from nightshift_audit.checkpoints');
    await sealAll({ ...services(), signer: other });
    expect(await faultsAt()).toEqual([[5, expect.stringContaining('which is not trusted')]]);
    const both = await verifyLog(sql, { trusted: [...trusted, other.publicKey], onceMoreMs: 0 });
    expect(both).toMatchObject({ intact: true, signed: 1 });
  });

  test('many that waited while nobody sealed are no fault', async () => {
    await sql.query(
      `insert into nightshift_audit.entries (at, actor, origin, action, outcome, resource, ids)
       select now() - interval '4 hours' + n * interval '5 seconds', '{"name": "x"}', '{}', 'x', 'done', 'x', '{}'
       from generate_series(1, 2500) as n`,
    );
    await seal();
    expect(await verify()).toMatchObject({ intact: true, entries: 2500, checkpoints: 3 });
  });

  test('checkpoints that were taken out are missed, and signatures that were, too', async () => {
    await sql.query(
      `insert into nightshift_audit.entries (actor, origin, action, outcome, resource, ids)
       select '{"name": "x"}', '{}', 'x', 'done', 'x', '{}' from generate_series(1, 2500)`,
    );
    await seal();
    await tamper(
      `update nightshift_audit.checkpoints set signature = null, public_key = null where position = 2500`,
    );
    expect(await faultsAt()).toEqual([[2500, 'the checkpoint at 2500 lost its signature']]);
    await tamper('delete from nightshift_audit.checkpoints');
    expect(await faultsAt()).toEqual([
      [1, expect.stringMatching(/from 1 to 2500 there is no checkpoint/)],
    ]);
  });

  test('an entry that only says that others were let go does not hide that they were taken', async () => {
    await write(6);
    await audit.write({
      ...systemAuthor('retention'),
      action: 'audit.purged',
      outcome: 'done',
      resource: 'audit',
      ids: [],
      details: {
        upTo: (
          await sql.query<{ mark: string }>(
            `select position || ' ' || encode(hash, 'hex') as mark from nightshift_audit.checkpoints where position = 3`,
          )
        )[0]!.mark,
      },
    });
    await seal();
    await tamper('delete from nightshift_audit.entries where id <= 3');
    await tamper('delete from nightshift_audit.seals where position <= 3');
    expect(await faultsAt()).toEqual([[1, expect.stringMatching(/when they were too young/)]]);
  });

  test('who seals ends when the chain is not what it was a moment ago', async () => {
    const told: unknown[] = [];
    const sealer = openSealer({
      ...services(),
      publish: () => Promise.resolve(),
      onError: (error) => told.push((error as { code?: string }).code),
    });
    await rename(1, 'x');
    await until(async () => (await verify()).entries === 1);
    await tamper(`update nightshift_audit.seals set hash = sha256('x')`);
    await until(() => told.length > 0);
    await rename(2, 'x');
    await sealer.close();
    expect(told[0]).toBe('audit.tampered');
  });

  test('an entry that waits to be sealed and is sealed keeps nobody from sealing', async () => {
    await write(2);
    await sql.query('insert into nightshift_audit.unsealed values (1)');
    await write(2);
    expect(await verify()).toMatchObject({ intact: true, entries: 4, waiting: 0 });
  });

  test('copies of checkpoints elsewhere show a log that was begun anew', async () => {
    const archive = openMemoryArchive();
    const copies: Checkpoint[] = [];
    for (const i of [1, 2]) {
      await rename(i, 'x');
      await sealAll({ ...services(), hear: (checkpoint) => void copies.push(checkpoint) });
    }
    expect(copies.map(({ position }) => position)).toEqual([1, 2]);
    await archiveMissing(archive, sql);
    expect(await verifyLog(sql, { trusted, archive, onceMoreMs: 0 })).toMatchObject({
      intact: true,
    });
    await tamper('delete from nightshift_audit.entries');
    await tamper('delete from nightshift_audit.seals');
    await tamper('delete from nightshift_audit.checkpoints');
    await rename(3, 'x');
    await seal();
    expect(await verify()).toMatchObject({ intact: true });
    const { faults } = await verifyLog(sql, { trusted, archive, onceMoreMs: 0 });
    expect(faults.map(({ says }) => says)).toEqual([
      expect.stringMatching(/what stands up to 1 is not what was there/),
      'position 2 was taken off the end',
    ]);
  });

  test('without a secret checkpoints are not signed, which is told', async () => {
    await rename(1, 'x');
    await sealAll({ ...services(), signer: undefined });
    expect(await verify()).toMatchObject({
      intact: true,
      signed: 0,
      warnings: [expect.stringContaining('NIGHTSHIFT_SECRET')],
    });
  });

  async function lines(limit = 3): Promise<string[]> {
    const found: string[] = [];
    for (let place: ExportPlace | undefined; ; ) {
      const page = await exportPage(sql, {}, { place, limit });
      found.push(...page.lines);
      if (page.next === null) return found;
      place = page.next;
    }
  }
  const each = (given: readonly string[]) => () => Readable.from(given) as AsyncIterable<string>;

  test('what was exported is verified without the database', async () => {
    await write(7);
    const exported = await lines();
    expect(await verifyExport(each(exported), trusted)).toMatchObject({
      intact: true,
      entries: 7,
      signed: 3,
    });
    const edited = exported.map((line) => line.replace('name 5', 'name 6'));
    expect((await verifyExport(each(edited), trusted)).faults).toEqual([
      { position: 5, says: expect.stringContaining('is not what was sealed') as string },
    ]);
    await expect(verifyExport(each(['{']), trusted)).rejects.toThrow('Line 1 is not JSON');
    await expect(verifyExport(each(['null']), trusted)).rejects.toThrow('is no line of an export');
    const halved = each([
      '{"kind":"checkpoint","position":1,"hash":"00","at":"2026-01-01T00:00:00Z"}',
    ]);
    await expect(verifyExport(halved, trusted)).rejects.toThrow('Line 1 is no line of an export');
    const cut = await verifyExport(each(exported.slice(0, -1)), trusted);
    expect(cut.faults).toEqual([
      { position: null, says: expect.stringContaining('it was cut off') as string },
    ]);
    const shorter = exported.filter((line) => !line.includes('name 6') && !line.includes('name 7'));
    expect((await verifyExport(each(shorter), trusted)).intact).toBe(false);
    const once = each(exported)();
    await expect(verifyExport(() => once, trusted)).rejects.toThrow('was another when it was read');
    const bare = exported.filter((line) => !line.includes('"kind":"checkpoint"'));
    expect((await verifyExport(each(bare), trusted)).faults).toEqual([
      { position: null, says: 'no signature that is trusted covers any of it' },
    ]);
  });

  test('old entries go up to a checkpoint, are kept in the archive, and the rest stays verifiable', async () => {
    const archive = openMemoryArchive();
    const retention = auditRetentionDuty({
      database: place.database,
      keepMs: 90 * 86_400_000,
      archive,
    });
    await write(6);
    expect(await retention.run()).toEqual({ gone: 0 });
    await tamper(`update nightshift_audit.entries set at = at - interval '100 days'`);
    await tamper('delete from nightshift_audit.seals');
    await tamper('delete from nightshift_audit.checkpoints');
    await sql.query(
      'insert into nightshift_audit.unsealed select id from nightshift_audit.entries',
    );
    await seal();
    await sql.query('alter table nightshift_audit.checkpoints disable trigger refuse_change');
    const at = new Date(Date.now() - 99 * 86_400_000);
    const [old] = await sql.query<{ position: number; hash: Buffer }>(
      'select position, hash from nightshift_audit.checkpoints',
    );
    await sql.query('update nightshift_audit.checkpoints set at = $1, signature = $2', [
      at,
      signer.sign({ ...old!, at }),
    ]);
    await sql.query('alter table nightshift_audit.checkpoints enable trigger refuse_change');
    await write(2);
    expect(await verify()).toMatchObject({ intact: true, entries: 8 });
    expect(await retention.run()).toEqual({ gone: 6 });
    await seal();
    expect(await verify()).toMatchObject({ intact: true, entries: 3, first: 7, last: 9 });
    expect(await retention.run()).toEqual({ gone: 0 });
    const keys: string[] = [];
    for await (const key of archive.list('audit/')) keys.push(key);
    expect(keys).toEqual(['audit/entries/1-6.jsonl.gz']);
    const [purged] = await selectEntries(sql, { action: 'audit.purged' }, { limit: 1 });
    await tamper(`delete from nightshift_audit.entries where id = ${purged!.id}`);
    expect((await verify()).faults.map(({ says }) => says)).toEqual([
      expect.stringContaining('was taken out'),
      expect.stringContaining(
        'positions 1 to 6 were gone, and no entry says that they were let go',
      ),
    ]);
  });

  test('refusals that repeat are told once, and then by their number', async () => {
    const author = systemAuthor('a stranger');
    const known = { ...author, code: 'auth.denied' };
    for (let i = 0; i < 5; i++) audit.refuse({ ...known, asked: 'GET /x' });
    audit.refuse({ ...known, asked: 'GET /y', details: { params: { id: '7' } } });
    const stranger = { actor: nobody, origin: { via: 'http', address: '10.0.0.1' } } as const;
    for (const asked of ['GET /x', 'GET /y'])
      audit.refuse({ ...stranger, code: 'auth.required', asked });
    await audit.close();
    const found = await selectEntries(sql, { outcome: 'refused' }, { limit: 10 });
    expect(found.map(({ ids, details }) => [ids[0], details]).reverse()).toEqual([
      ['GET /x', { code: 'auth.denied' }],
      ['GET /y', { code: 'auth.denied', params: { id: '7' } }],
      ['GET /x', { code: 'auth.required' }],
      ['GET /x', { code: 'auth.denied', times: 4, within: 'a minute' }],
      ['GET /x', { code: 'auth.required', times: 1, within: 'a minute' }],
    ]);
    expect(errors).toEqual([]);
  });
});
