import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/db/index.ts';
import { folderOf, tryFolder } from '../../support/data-folder.ts';
import { createTestPlace } from '../../support/database.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { unprivilegedUser } from '../../support/postgres-server.ts';
import { type ProcessOptions, startProcess } from '../../support/process.ts';

const program = new URL('fixtures/open-folder.ts', import.meta.url).pathname;

const startOn = (folder: string, mode: string, options?: ProcessOptions) =>
  startProcess(program, [folder, mode], options);

describe('a data folder in use', () => {
  test('is refused to a second process, which is told who holds it', async () => {
    await using place = await createTestPlace('pglite');
    await using holder = startOn(folderOf(place), 'hold');
    await holder.line(/^opened/);
    const refused = await tryFolder(folderOf(place));
    expect(refused).toMatch(/^database\.folder_locked /);
    expect(refused).toContain(`process ${holder.pid} on `);
    expect(refused).toContain('open-folder.ts');
    expect(refused).toMatch(/since \d{4}-\d\d-\d\dT/);
  });

  test('is taken over from a process that was killed, with every acknowledged row', async () => {
    await using place = await createTestPlace('pglite');
    await using holder = startOn(folderOf(place), 'write');
    await holder.line(/^wrote 50$/);
    holder.kill('SIGKILL');
    await holder.ended();
    const acknowledged = holder.lines.filter((line) => line.startsWith('wrote')).length;
    const database = await openDatabase(place.options);
    const [row] = await database.query<{ count: number }>('select count(*) from public.note');
    await database.close();
    expect(row?.count).toBeGreaterThanOrEqual(acknowledged);
    expect(row?.count).toBeLessThanOrEqual(acknowledged + 1);
  });

  test('is won by exactly one of four processes that race for what a dead one left', async () => {
    await using place = await createTestPlace('pglite');
    await using dead = startOn(folderOf(place), 'hold');
    await dead.line(/^opened/);
    dead.kill('SIGKILL');
    await dead.ended();
    await using stack = new AsyncDisposableStack();
    const racers = [1, 2, 3, 4].map(() => stack.use(startOn(folderOf(place), 'hold')));
    const outcomes = await Promise.all(racers.map((racer) => racer.line(/^\S+/)));
    const winners = racers.filter((_, index) => outcomes[index] === 'opened');
    expect(winners).toHaveLength(1);
    const losers = outcomes.filter((line) => line !== 'opened');
    for (const line of losers) expect(line).toMatch(/^database\.folder_locked/);
  });
});

describe('a data folder that cannot be written', () => {
  const user = unprivilegedUser();

  test('whole or in part is one clear error', async () => {
    await using place = await createTestPlace('pglite');
    const folder = folderOf(place);
    await openToAll(folder);
    await makeReadOnly(folder);
    await using whole = startOn(folder, 'close', { ...(user && { user }) });
    expect(await whole.line(/^\S+/)).toMatch(/^database\.folder_readonly .*permission denied/i);

    await chmod(folder, 0o777);
    await using part = startOn(folder, 'close', { ...(user && { user }) });
    expect(await part.line(/^\S+/)).toMatch(/^database\.folder_readonly .*permission denied/i);
    await chmod(join(folder, 'postgres'), 0o755);
  });

  test('because its parent cannot be written either is the same error', async () => {
    await using place = await temporaryFolder();
    await makeReadOnly(place.path);
    await using child = startOn(join(place.path, 'data'), 'close', { ...(user && { user }) });
    expect(await child.line(/^\S+/)).toMatch(/^database\.folder_readonly .*permission denied/i);
    await chmod(place.path, 0o755);
  });

  /** The user of the child may enter and read, and is not the owner. */
  async function openToAll(folder: string): Promise<void> {
    await chmod(join(folder, '..'), 0o755);
    execFileSync('chmod', ['-R', 'a+rX', folder]);
  }

  async function makeReadOnly(folder: string): Promise<void> {
    await chmod(folder, 0o555);
    if (!user) await chmod(join(folder, 'postgres'), 0o555).catch(() => {});
  }
});

describe('a damaged data folder', () => {
  test('of which only a half was made is made anew', async () => {
    await using place = await temporaryFolder();
    await mkdir(join(place.path, 'postgres.new', 'base'), { recursive: true });
    await writeFile(join(place.path, 'postgres.new', 'PG_VERSION'), '18\n');
    expect(await tryFolder(place.path)).toBeUndefined();
  });

  test.each([
    { what: 'of another version', part: 'PG_VERSION', content: '17', reason: /version 17/ },
    { what: 'without its control file', part: 'global/pg_control', reason: /pg_control/ },
    { what: 'without its write-ahead log', part: 'pg_wal', reason: /checkpoint|pg_wal/ },
  ])('$what is one clear error, and the rest is untouched', async ({ part, content, reason }) => {
    await using place = await createTestPlace('pglite');
    const folder = folderOf(place);
    const damaged = join(folder, 'postgres', part);
    await rename(damaged, `${folder}-part`);
    if (content !== undefined) await writeFile(damaged, content);
    const failure = await tryFolder(folder);
    expect(failure).toMatch(/^database\.folder_broken /);
    expect(failure).toMatch(reason);
    await rm(damaged, { recursive: true, force: true });
    await rename(`${folder}-part`, damaged);
    expect(await tryFolder(folder)).toBeUndefined();
  });
});

describe('a data folder on a full disk', () => {
  const mayMount = canMount();

  test.runIf(mayMount)('cannot be made, and is made once there is room', async () => {
    await using disk = await mountDisk(10);
    await using first = startOn(disk.folder, 'close');
    expect(await first.line(/^\S+/)).toMatch(/^database\.folder_full /);
    disk.resize(100);
    await using second = startOn(disk.folder, 'close');
    expect(await second.line(/^closed|^database/)).toBe('closed');
  });

  test.runIf(mayMount).each(['fill', 'fill-transaction'])(
    'says so at the write (%s), never hangs, and keeps what was accepted',
    async (mode) => {
      await using place = await createTestPlace('pglite');
      await using disk = await mountDisk(60);
      await cp(folderOf(place), disk.folder, { recursive: true });
      await using filler = startOn(disk.folder, mode);
      await filler.line(/^closed/);
      expect(await filler.line(/^database/)).toMatch(/folder_full .*No space left on device/);
      expect(filler.lines.join('\n')).not.toContain('unexpected');
      const acknowledged = filler.lines.filter((line) => line.startsWith('filled')).length;
      disk.resize(200);
      const database = await openDatabase({ kind: 'pglite', folder: disk.folder });
      const [row] = await database.query<{ count: number }>('select count(*) from public.note');
      await database.close();
      expect(row?.count).toBe(acknowledged * 1000);
    },
  );
});

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** A disk of a few megabytes, in memory. */
async function mountDisk(megabytes: number) {
  const mountPoint = await temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', mountPoint.path]);
  return {
    folder: join(mountPoint.path, 'data'),
    resize(more: number) {
      execFileSync('mount', ['-o', `remount,size=${more}m`, mountPoint.path]);
    },
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [mountPoint.path]);
      await mountPoint[Symbol.asyncDispose]();
    },
  };
}
