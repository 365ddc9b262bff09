import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkWritable, openFolderArchive } from '../../../src/connectors/archive-fs/index.ts';
import { temporaryFolder } from '../../support/folder.ts';

test('a file has its name only when it is whole: a write that died left a draft, which is swept after a day', async () => {
  await using folder = await temporaryFolder();
  const archive = openFolderArchive(folder.path);
  await archive.put('runs/a', Buffer.from('whole'));
  const drafts = join(folder.path, '.drafts');
  expect(await readdir(drafts)).toEqual([]);
  await writeFile(join(drafts, 'half'), 'ha');
  await writeFile(join(drafts, 'old'), 'ha');
  await utimes(join(drafts, 'old'), new Date(0), new Date(0));
  expect(await Array.fromAsync(archive.list(''))).toEqual(['runs/a']);
  await archive.remove([]);
  expect(await readdir(drafts)).toEqual(['half']);
});

test('a folder that cannot be made is told, with what to do', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'file'), '');
  const archive = openFolderArchive(join(folder.path, 'file/archive'));
  await expect(checkWritable(archive)).rejects.toMatchObject({
    code: 'archive.unwritable',
    message: expect.stringMatching(
      /file\/archive cannot be written \(ENOTDIR\).*NIGHTSHIFT_ARCHIVE/,
    ) as string,
  });
});

test('a check of the folder leaves nothing behind', async () => {
  await using folder = await temporaryFolder();
  await checkWritable(openFolderArchive(folder.path));
  expect(await readdir(folder.path)).toEqual(['.drafts']);
});

test.each(['../out', 'a/../../out', '/etc/passwd', 'a//b', '.drafts/x', 'a\0b'])(
  'the key %j leads nowhere',
  async (key) => {
    await using folder = await temporaryFolder();
    const archive = openFolderArchive(folder.path);
    await expect(archive.put(key, new Uint8Array())).rejects.toThrow('is not a key');
    await expect(archive.remove([key])).rejects.toThrow('is not a key');
  },
);
