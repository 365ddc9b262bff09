import { spawnSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMailboxes } from '../../../src/connectors/mailbox/index.ts';
import type { MailEntry } from '../../../src/core/connectors.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nightshift-mailbox-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const envelope = 'From ada@analytical.example Tue Mar  3 09:30:00 2026\n';

async function list(path: string, named: Record<string, string> = {}): Promise<MailEntry[]> {
  const mailbox = await openMailboxes({ named }).open(path);
  const entries: MailEntry[] = [];
  for await (const entry of mailbox.entries()) entries.push(entry);
  return entries;
}

async function texts(entries: readonly MailEntry[]): Promise<string[]> {
  return Promise.all(
    entries.map(async (entry) => Buffer.from(await entry.read()).toString('latin1')),
  );
}

describe('a Maildir', () => {
  beforeEach(async () => {
    for (const folder of ['cur', 'new', 'tmp', '.Sent', '.Sent/cur', '.Sent/new'])
      await mkdir(join(root, folder));
  });

  test('lists cur, new and the subfolders by time of delivery', async () => {
    await writeFile(join(root, 'new', '300.a.host'), 'third');
    await writeFile(join(root, 'cur', '100.b.host:2,S'), 'first');
    await writeFile(join(root, '.Sent', 'cur', '200.c.host:2,'), 'second');
    await writeFile(join(root, 'tmp', '50.d.host'), 'not delivered yet');
    expect(await texts(await list(root))).toEqual(['first', 'second', 'third']);
  });

  test('a mail keeps its id when it is read, flagged and moved', async () => {
    await writeFile(join(root, 'new', '100.a.host'), 'x');
    const [before] = await list(root);
    await rename(join(root, 'new', '100.a.host'), join(root, '.Sent', 'cur', '100.a.host:2,FS'));
    const [after] = await list(root);
    expect(after!.id).toBe(before!.id);
  });

  test('a mail that vanishes between listing and reading fails as gone', async () => {
    await writeFile(join(root, 'new', '100.a.host'), 'x');
    const [entry] = await list(root);
    await rm(join(root, 'new', '100.a.host'));
    await expect(entry!.read()).rejects.toMatchObject({ code: 'mail.gone' });
  });
});

describe('an mbox file', () => {
  const file = () => join(root, 'mbox');

  test('is cut at its envelope lines, and only there', async () => {
    await writeFile(
      file(),
      `${envelope}Subject: one\n\nFrom here on nothing is quoted.\n\n${envelope}Subject: two\n\nbody\n`,
    );
    expect(await texts(await list(file()))).toEqual([
      'Subject: one\n\nFrom here on nothing is quoted.\n\n',
      'Subject: two\n\nbody\n',
    ]);
  });

  test('has its From quoting undone, one level', async () => {
    await writeFile(file(), `${envelope}Subject: one\n\n>From the sea\n>>From the hills\n`);
    expect(await texts(await list(file()))).toEqual([
      'Subject: one\n\nFrom the sea\n>From the hills\n',
    ]);
  });

  test('a Content-Length that fits is believed over a From line in the body', async () => {
    const body = `before\n${envelope}after\n`;
    await writeFile(
      file(),
      `${envelope}Content-Length: ${body.length}\n\n${body}\n${envelope}Subject: two\n\nx\n`,
    );
    expect(await list(file())).toHaveLength(2);
  });

  test('a Content-Length that lies is not believed', async () => {
    await writeFile(
      file(),
      `${envelope}Content-Length: 7\n\nlonger than that\n\n${envelope}Subject: two\n\nx\n`,
    );
    expect(await list(file())).toHaveLength(2);
  });

  test('ids stay when mail programs rewrite status headers and when mails are added', async () => {
    await writeFile(file(), `${envelope}Subject: one\n\nbody\n\n`);
    const [before] = await list(file());
    await writeFile(file(), `${envelope}Subject: one\nStatus: RO\nX-Keywords: a\n\tb\n\nbody\n\n`);
    await appendFile(file(), `${envelope}Subject: two\n\nbody\n\n`);
    const after = await list(file());
    expect(after).toHaveLength(2);
    expect(after[0]!.id).toBe(before!.id);
    expect(after[1]!.id).not.toBe(before!.id);
  });

  test('is read across the edges of its window', async () => {
    const mails = Array.from(
      { length: 40 },
      (_, at) => `${envelope}Subject: ${at}\n\n${`${'x'.repeat(79)}\n`.repeat(700 + at)}\n`,
    );
    await writeFile(file(), mails.join(''));
    const entries = await list(file());
    expect(entries).toHaveLength(40);
    expect(entries.map(({ size }) => size)).toEqual(
      mails.map((mail) => mail.length - envelope.length),
    );
    expect(new Set(entries.map(({ id }) => id)).size).toBe(40);
  });

  test('many false envelope lines are no trouble', async () => {
    await writeFile(file(), `${envelope}\n${'From nobody\n'.repeat(20_000)}`);
    expect(await list(file())).toHaveLength(1);
  });

  test('that was rewritten since the listing fails as gone instead of giving half a mail', async () => {
    await writeFile(file(), `${envelope}Subject: one\n\nbody\n\n${envelope}Subject: two\n\nx\n`);
    const [, second] = await list(file());
    await writeFile(file(), `${envelope}Subject: two, and the first was deleted\n\nx\n`);
    await expect(second!.read()).rejects.toMatchObject({ code: 'mail.gone' });
  });

  test('an empty file is an empty mailbox', async () => {
    await writeFile(file(), '');
    expect(await list(file())).toEqual([]);
  });
});

describe('a folder of .eml', () => {
  test('is listed with its subfolders, by path', async () => {
    await mkdir(join(root, 'b'));
    await writeFile(join(root, 'c.EML'), '3');
    await writeFile(join(root, 'b', 'z.eml'), '2');
    await writeFile(join(root, 'a.eml'), '1');
    await writeFile(join(root, 'notes.txt'), 'no mail');
    expect((await list(root)).map(({ id }) => id)).toEqual(['a.eml', 'b/z.eml', 'c.EML']);
  });

  test('links in a circle end', async () => {
    await mkdir(join(root, 'inner'));
    await symlink(root, join(root, 'inner', 'back'));
    await symlink('self', join(root, 'self'));
    await writeFile(join(root, 'inner', 'a.eml'), 'x');
    expect(await list(root)).toHaveLength(1);
  });

  test('at most the asked bytes of a huge mail are read', async () => {
    await writeFile(join(root, 'huge.eml'), 'Subject: huge\n\n');
    await truncate(join(root, 'huge.eml'), 50 * 1024 * 1024);
    const [entry] = await list(root);
    expect(entry!.size).toBe(50 * 1024 * 1024);
    expect(await entry!.read(1000)).toHaveLength(1000);
  });

  test('an empty folder is an empty mailbox', async () => {
    expect(await list(root)).toEqual([]);
  });
});

describe('what is no mailbox is told in one sentence', () => {
  test('a name that is nearly a configured one', async () => {
    const open = openMailboxes({ named: { personal: root, work: root } }).open('persnal');
    await expect(open).rejects.toMatchObject({
      code: 'mailbox.missing',
      message: expect.stringMatching(
        /no mailbox "persnal".*did you mean "personal"\?.*Maildir, an mbox file or a folder of \.eml/,
      ),
    });
  });

  test('a configured name whose folder is gone names the folder', async () => {
    const gone = join(root, 'gone');
    await expect(openMailboxes({ named: { work: gone } }).open('work')).rejects.toThrow(gone);
  });

  test('a folder of other files', async () => {
    await writeFile(join(root, 'notes.txt'), 'x');
    await expect(list(root)).rejects.toMatchObject({ code: 'mailbox.unrecognised' });
  });

  test('a single mail, a file of something else, a device', async () => {
    await writeFile(join(root, 'one.eml'), 'Subject: x\n\n');
    await writeFile(join(root, 'image.png'), '\x89PNG');
    await expect(list(join(root, 'one.eml'))).rejects.toThrow('give the folder it is in');
    await expect(list(join(root, 'image.png'))).rejects.toMatchObject({
      code: 'mailbox.unrecognised',
    });
    await expect(list('/dev/null')).rejects.toMatchObject({ code: 'mailbox.unrecognised' });
  });

  test('a link to itself', async () => {
    await symlink('loop', join(root, 'loop'));
    await expect(list(join(root, 'loop'))).rejects.toMatchObject({ code: 'mailbox.unreadable' });
  });

  test('a folder that may not be read', async () => {
    await chmod(root, 0o000);
    const source = new URL('../../../src/connectors/mailbox/index.ts', import.meta.url).href;
    const program = `import { openMailboxes } from '${source}';
      await openMailboxes({ named: {} }).open('${root}').catch(({ code }) => console.log(code));`;
    // The superuser may read everything, so somebody else has to try.
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      ...asNobody,
      encoding: 'utf8',
    });
    await chmod(root, 0o700);
    expect(stdout.trim()).toBe('mailbox.unreadable');
  });
});

test('a path that has a name is opened under that name', async () => {
  const mailbox = await openMailboxes({ named: { work: root } }).open(`${root}/.`);
  expect(mailbox.name).toBe('work');
});
