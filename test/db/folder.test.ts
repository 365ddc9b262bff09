import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/index.ts';
import { folderOf, tryFolder } from '../support/data-folder.ts';
import { createTestPlace } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('a data folder', () => {
  test('is created when missing, for its owner alone, and opens again with what was kept', async () => {
    await using place = await temporaryFolder();
    const folder = join(place.path, 'deep', 'data');
    const first = await openDatabase({ kind: 'pglite', folder });
    await first.query('create table public.note as select 1 as id');
    await first.close();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const second = await openDatabase({ kind: 'pglite', folder });
    expect(await second.query('select id from public.note')).toEqual([{ id: 1 }]);
    await second.close();
  }, 120_000);

  test('in memory is no folder at all', async () => {
    const database = await openDatabase({ kind: 'pglite', folder: 'memory://' });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
    await expect(stat('memory:')).rejects.toMatchObject({ code: 'ENOENT' });
  }, 120_000);

  test('is refused to a second opening in the same process, and free once it is closed', async () => {
    await using place = await createTestPlace('pglite');
    const database = await openDatabase(place.options);
    expect(await tryFolder(folderOf(place))).toContain(`process ${process.pid} on `);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    expect(await tryFolder(folderOf(place))).toMatch(/^database\.folder_locked/);
    await database.close();
    expect(await tryFolder(folderOf(place))).toBeUndefined();
  });
});

describe('a data folder that is none', () => {
  test.each([
    ['a file', '.', 'data'],
    ['below a file', '.', 'data/deep'],
    ['a folder with a file where the database should be', 'data', 'data/postgres'],
  ])('but %s is one clear error', async (_, parent, file) => {
    await using place = await temporaryFolder();
    await mkdir(join(place.path, parent), { recursive: true });
    const blocked = file === 'data/deep' ? 'data' : file;
    await writeFile(join(place.path, blocked), 'not a database');
    const folder = join(place.path, file === 'data/deep' ? file : 'data');
    expect(await tryFolder(folder)).toMatch(/^database\.folder_broken .*(file|director|folder)/);
  });
});
