import { describe, expect, test } from 'vitest';
import { openFolderArchive } from '../../../src/connectors/archive-fs/index.ts';
import type { Archive } from '../../../src/core/archive.ts';
import { openMemoryArchive } from '../../../src/testing/memory-archive.ts';
import { temporaryFolder } from '../../support/folder.ts';

/** Every archive keeps these promises; a new backend joins the list. */
const archives: readonly [string, () => Promise<AsyncDisposable & { archive: Archive }>][] = [
  [
    'a folder',
    async () => {
      const folder = await temporaryFolder();
      return {
        archive: openFolderArchive(`${folder.path}/not/yet/there`),
        [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
      };
    },
  ],
  [
    'memory',
    () =>
      Promise.resolve({
        archive: openMemoryArchive(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  ],
];

const bytes = (text: string) => Buffer.from(text);
const read = async (archive: Archive, key: string) =>
  Buffer.concat(await Array.fromAsync(archive.read(key))).toString();
const list = (archive: Archive, prefix: string) => Array.fromAsync(archive.list(prefix));

describe.each(archives)('an archive in %s', (_, open) => {
  test('gives back what was put, byte for byte, however large', async () => {
    await using opened = await open();
    const { archive } = opened;
    const large = Buffer.alloc(5_000_000, 'all work and no play ');
    await archive.put('runs/2026-11/a/1-result.json', large);
    await archive.put('runs/2026-11/a/empty', new Uint8Array());
    const chunks = await Array.fromAsync(archive.read('runs/2026-11/a/1-result.json'));
    expect(Buffer.concat(chunks).equals(large)).toBe(true);
    expect(await read(archive, 'runs/2026-11/a/empty')).toBe('');
  });

  test('replaces what was there', async () => {
    await using opened = await open();
    await opened.archive.put('a/b', bytes('a long first version'));
    await opened.archive.put('a/b', bytes('second'));
    expect(await read(opened.archive, 'a/b')).toBe('second');
  });

  test('says what is missing', async () => {
    await using opened = await open();
    await expect(read(opened.archive, 'no/such')).rejects.toMatchObject({
      code: 'artifact.missing',
      details: { key: 'no/such', place: opened.archive.place },
    });
  });

  test('lists by prefix, in order, and nothing when there is nothing', async () => {
    await using opened = await open();
    const { archive } = opened;
    expect(await list(archive, 'runs/')).toEqual([]);
    for (const key of ['runs/b/2', 'runs/a/1', 'runs/b/10', 'runs.txt', 'other/a'])
      await archive.put(key, bytes(key));
    expect(await list(archive, 'runs/')).toEqual(['runs/a/1', 'runs/b/10', 'runs/b/2']);
    expect(await list(archive, 'runs/b/1')).toEqual(['runs/b/10']);
    expect((await list(archive, '')).length).toBe(5);
  });

  test('removes what is there, and does not mind what is not', async () => {
    await using opened = await open();
    const { archive } = opened;
    await archive.put('runs/a/1', bytes('1'));
    await archive.put('runs/a/2', bytes('2'));
    await archive.remove(['runs/a/1', 'runs/z/9']);
    expect(await list(archive, '')).toEqual(['runs/a/2']);
    await archive.remove(['runs/a/2']);
    expect(await list(archive, '')).toEqual([]);
    await archive.put('runs/a/1', bytes('again'));
    expect(await read(archive, 'runs/a/1')).toBe('again');
  });

  test('takes many at once, in folders that come and go', async () => {
    await using opened = await open();
    const { archive } = opened;
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        await archive.put(`runs/${i % 3}/${i}`, bytes(String(i)));
        if (i % 2 === 1) await archive.remove([`runs/${i % 3}/${i}`]);
      }),
    );
    expect((await list(archive, 'runs/')).length).toBe(30);
  });
});
