import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { type GeneratedMail, generateMails } from '../../examples/generate-mailbox.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startProcess } from '../support/process.ts';

const program = join(import.meta.dirname, '../../examples/generate-mailbox.ts');
const generate = (seed: number, count: number) => [...generateMails({ seed, count })];
const digest = (mails: readonly GeneratedMail[]) => {
  const hash = createHash('sha256');
  for (const { name, bytes } of mails) hash.update(name).update(bytes);
  return hash.digest('hex');
};
const idOf = ({ bytes }: { bytes: Uint8Array }) =>
  /^Message-ID: <(.+)>\r?$/m.exec(Buffer.from(bytes).toString('latin1'))?.[1];

async function run(...args: string[]) {
  await using process = startProcess(program, args);
  return {
    status: await process.ended(),
    output: process.lines.join('\n'),
    errors: process.errors,
  };
}

describe('generateMails', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    expect(digest(generate(7, 500))).toBe(digest(generate(7, 500)));
    expect(digest(generate(7, 500))).not.toBe(digest(generate(8, 500)));
  });

  it('gives the bytes it has always given, whatever the machine, its zone and its language', () => {
    expect(digest(generate(7, 2000))).toBe(
      'b9af547fb6a3c15e49b9c2e0e2b4e42bf06381a8d73de65d9131217e95fb9036',
    );
  });

  it('begins a longer mailbox with the mails of a shorter one', () => {
    expect(digest(generate(3, 400).slice(0, 100))).toBe(digest(generate(3, 100)));
  });

  it('gives every mail a name and a Message-ID of its own, broken ones too', () => {
    const mails = generate(1, 5000);
    expect(new Set(mails.map((mail) => mail.name)).size).toBe(5000);
    const ids = mails.map(idOf);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(5000);
  });

  it('mixes all categories, with a few per cent broken', () => {
    const counts = Object.groupBy(generate(1, 5000), (mail) => mail.category);
    expect(Object.keys(counts)).toHaveLength(12);
    const rare = Object.entries(counts).filter(([, mails]) => mails.length < 75);
    expect(rare).toEqual([]);
    expect(counts.broken?.length).toBeLessThan(300);
  });

  it('writes mails that decode without loss, unless they are broken', async () => {
    const flawed: string[] = [];
    for (const { name, bytes } of generate(5, 600).filter((mail) => mail.category !== 'broken')) {
      const { from, subject, text, html } = await simpleParser(Buffer.from(bytes));
      const all = `${from?.text} ${subject} ${text} ${html}`;
      const hasUnfilledSlot = /\{\w+\}/.test(all);
      if (all.includes('\ufffd') || hasUnfilledSlot || !(text || html)) flawed.push(name);
    }
    expect(flawed).toEqual([]);
  });

  it('speaks in all charsets', () => {
    const found = generate(5, 2000).flatMap(({ bytes }) =>
      [
        ...Buffer.from(bytes)
          .toString('latin1')
          .matchAll(/charset=([\w-]+)/g),
      ].map(([, name]) => name),
    );
    const charsets = [
      'big5',
      'gb18030',
      'iso-2022-jp',
      'iso-8859-1',
      'iso-8859-2',
      'iso-8859-15',
      'koi8-r',
      'shift_jis',
      'us-ascii',
      'utf-8',
      'windows-1251',
      'windows-1252',
      'windows-1256',
    ];
    expect(new Set(found)).toEqual(new Set(charsets));
  });

  it('carries threads on: every answer names a mail that came before', () => {
    const known = new Set<string | undefined>();
    const orphans: string[] = [];
    let answers = 0;
    for (const mail of generate(2, 800)) {
      const text = Buffer.from(mail.bytes).toString('latin1');
      const parent = /^In-Reply-To: <(.+)>/m.exec(text)?.[1];
      if (parent !== undefined) answers += 1;
      if (parent !== undefined && !known.has(parent)) orphans.push(mail.name);
      known.add(idOf(mail));
    }
    expect(orphans).toEqual([]);
    expect(answers).toBeGreaterThan(100);
  });

  it('yields nothing when asked for nothing', () => {
    expect(generate(1, 0)).toEqual([]);
  });
});

describe('generate-mailbox', () => {
  it('writes a folder of .eml files with the very bytes', async () => {
    await using folder = await temporaryFolder();
    const { status, output } = await run('--seed', '4', '--count', '60', '--out', folder.path);
    expect([status, output]).toEqual([0, `60 mails written to ${folder.path} (eml, seed 4)`]);
    const expected = generate(4, 60);
    expect(new Set(readdirSync(folder.path))).toEqual(new Set(expected.map(({ name }) => name)));
    const read = expected.map(({ name }) => readFileSync(join(folder.path, name)));
    expect(read).toEqual(expected.map(({ bytes }) => bytes));
  });

  it('writes an mbox whose mails can be told apart and read back', async () => {
    await using folder = await temporaryFolder();
    await run(
      '--seed',
      '4',
      '--count',
      '60',
      '--format',
      'mbox',
      '--out',
      join(folder.path, 'new'),
    );
    const text = readFileSync(join(folder.path, 'new/mailbox.mbox'), 'latin1');
    const read = text
      .split(/^From MAILER-DAEMON .*\n/m)
      .slice(1)
      .map((mail) => mail.replaceAll(/^>(>*From )/gm, '$1').trimEnd());
    expect(read).toEqual(
      generate(4, 60).map(({ bytes }) => Buffer.from(bytes).toString('latin1').trimEnd()),
    );
  });

  it('writes a Maildir with seen and new mails', async () => {
    await using folder = await temporaryFolder();
    await run('--seed', '4', '--count', '60', '--format', 'maildir', '--out', folder.path);
    const files = ['cur', 'new'].map((part) =>
      readdirSync(join(folder.path, part)).map((name) => join(part, name)),
    );
    expect(files.map((list) => list.length)).toEqual([45, 15]);
    const read = files.flat().map((path) => idOf({ bytes: readFileSync(join(folder.path, path)) }));
    expect(new Set(read)).toEqual(new Set(generate(4, 60).map(idOf)));
  });

  it.each([
    ['no folder', [], "required option '--out <folder>'"],
    ['an unknown flag', ['--out', 'x', '--sead', '1'], 'Did you mean --seed?'],
    [
      'a seed that is no number',
      ['--out', 'x', '--seed', 'seven'],
      'Write a whole number from 0 to',
    ],
    [
      'a count of nothing',
      ['--out', 'x', '--count', '0'],
      'Write a whole number from 1 to 999999.',
    ],
    [
      'an unknown format',
      ['--out', 'x', '--format', 'zip'],
      'Allowed choices are eml, mbox, maildir',
    ],
    ['a word too many', ['--out', 'x', 'y'], 'too many arguments'],
    ['a folder in use', ['--out', import.meta.dirname], 'already holds files'],
    ['a file for a folder', ['--out', import.meta.filename], 'cannot write to'],
  ])('refuses %s with status 2 and what to do', async (_, args, sentence) => {
    const { status, errors } = await run(...args);
    expect(errors).toContain(sentence);
    expect(status).toBe(2);
  });

  it('leaves the files of others alone', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'mine.txt'), 'mine');
    expect((await run('--out', folder.path)).status).toBe(2);
    expect(readdirSync(folder.path)).toEqual(['mine.txt']);
  });

  it('explains itself', async () => {
    const { status, output } = await run('--help');
    expect(status).toBe(0);
    expect(output).toContain('--seed 7 --count 2000');
  });
});
