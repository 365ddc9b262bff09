import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';

const examples = join(import.meta.dirname, '../../examples');
const folder = join(examples, 'mailbox');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.eml'))
  .sort();
const labels = JSON.parse(readFileSync(join(examples, 'mailbox.labels.json'), 'utf8')) as Record<
  string,
  string
>;
const readMail = (name: string) => readFileSync(join(folder, name));
const labelled = (category: string) => files.filter((name) => labels[name] === category);
const ownAddress = 'ida.moreland@skerry-freight.test';

describe('the sample mailbox', () => {
  it('has at least seventy mails and a label for each, no more', () => {
    expect(files.length).toBeGreaterThanOrEqual(70);
    expect(Object.keys(labels).sort()).toEqual(files);
  });

  it('shows every category more than once', () => {
    const counts = Object.groupBy(Object.values(labels), (label) => label);
    const all =
      'broken calendar cold fyi marketing newsletter notification phishing receipt spam to-reply waiting';
    expect(Object.keys(counts).sort().join(' ')).toBe(all);
    const rare = Object.entries(counts).filter(([, mails = []]) => mails.length < 5);
    expect(rare).toEqual([]);
  });

  it('is listed in its README, file by file, with the same labels', () => {
    const rows = readFileSync(join(folder, 'README.md'), 'utf8').matchAll(
      /^\| (\S+\.eml) \| (\S+) \| \S.*\|$/gm,
    );
    expect(Object.fromEntries([...rows].map(([, name, label]) => [name, label]))).toEqual(labels);
  });

  it('names no domain or address that could belong to somebody', () => {
    const reserved = /(?:^|\.)(?:example\.(?:com|net|org)|test)$/i;
    const documentation = /^(?:192\.0\.2|198\.51\.100|203\.0\.113|10\.20\.0)\./;
    const strangers = files.flatMap((name) => {
      const text = unfold(readMail(name).toString('latin1'));
      const hosts = [...text.matchAll(/(?:@|https?:\/\/)([a-z0-9.-]+\.[a-z]+)\b/gi)];
      const ips = [...text.matchAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g)];
      return [
        ...hosts.map(([, host = '']) => host).filter((host) => !reserved.test(host)),
        ...ips.map(([ip]) => ip).filter((ip) => !documentation.test(ip)),
      ].map((stranger) => `${name}: ${stranger}`);
    });
    expect(strangers).toEqual([]);
  });

  it('gives every mail with a Message-ID one of its own, but for the broken duplicate', () => {
    const ids = files.flatMap((name) => {
      const head =
        readMail(name)
          .toString('latin1')
          .split(/\r?\n\r?\n/, 1)[0] ?? '';
      const id = /^Message-ID: <(.*)>/m.exec(head)?.[1];
      return id === undefined ? [] : [[id, name] as const];
    });
    const seen = new Map<string, string>();
    const doubles = ids.filter(([id, name]) => seen.has(id) || !seen.set(id, name));
    expect(doubles.map(([, name]) => labels[name])).toEqual(['broken']);
  });

  it('answers only mails that are in it', async () => {
    const mails = await Promise.all(files.map((name) => simpleParser(readMail(name))));
    const ids = new Set(mails.map((mail) => mail.messageId));
    const answers = mails.filter((mail) => mail.inReplyTo !== undefined);
    expect(answers.length).toBeGreaterThan(20);
    const orphans = answers.filter(({ inReplyTo }) => !ids.has(inReplyTo));
    expect(orphans.map(({ subject }) => subject)).toEqual([]);
  });

  it('labels as waiting only what its owner wrote, and never asks her to reply to herself', async () => {
    const senderOf = async (name: string) =>
      (await simpleParser(readMail(name))).from?.value[0]?.address;
    expect(new Set(await Promise.all(labelled('waiting').map(senderOf)))).toEqual(
      new Set([ownAddress]),
    );
    expect(await Promise.all(labelled('to-reply').map(senderOf))).not.toContain(ownAddress);
  });

  it.each([
    {
      slug: 'lumen-1',
      charset: 'iso-8859-1',
      sentence: 'azulejo',
      subject: 'Cotação: Porto - Leeds, 14 paletes',
    },
    {
      slug: 'mlyn',
      charset: 'iso-8859-2',
      sentence: 'mąki (po 25 kg)',
      subject: 'Reklamacja: dwa uszkodzone worki',
    },
    {
      slug: 'kaltwerk-1',
      charset: 'iso-8859-15',
      sentence: '6.480,00 €',
      subject: 'Verdichter für Kühlraum 2',
    },
    {
      slug: 'atelier',
      charset: 'windows-1252',
      sentence: 'n’ouvre',
      subject: 'Livraison du 24 novembre',
    },
    {
      slug: 'port-notice',
      charset: 'windows-1251',
      sentence: 'Площадка:    14-Б',
      subject: 'Контейнер HJ-77120',
    },
    {
      slug: 'alexandria',
      charset: 'windows-1256',
      sentence: 'ميناء الإسكندرية',
      subject: 'شحنة البرتقال',
    },
    {
      slug: 'riga-answer',
      charset: 'koi8-r',
      sentence: 'упаковочный лист',
      subject: 'Riga groupage',
    },
    {
      slug: 'minato',
      charset: 'iso-2022-jp',
      sentence: '船荷証券の原本',
      subject: '船荷証券の原本について',
    },
    {
      slug: 'minato-thanks',
      charset: 'shift_jis',
      sentence: '梱包がとても丁寧',
      subject: '納品完了のお礼',
    },
    { slug: 'qinghe', charset: 'gb18030', sentence: '五层瓦楞纸箱', subject: '纸箱订单' },
    { slug: 'haijia', charset: 'big5', sentence: '二十呎貨櫃', subject: '船期變更通知' },
    {
      slug: 'conservas',
      charset: 'utf-8',
      sentence: 'seis palés de anchoa',
      subject: '¿Nos confirmas el hueco',
    },
  ])('has $slug really written in $charset', async ({ slug, charset, sentence, subject }) => {
    const bytes = readMail(files.find((file) => file.slice(4) === `${slug}.eml`) ?? slug);
    expect(bytes.toString('latin1')).toMatch(new RegExp(`charset="?${charset}"?`, 'i'));
    const mail = await simpleParser(bytes);
    expect(mail.text).toContain(sentence);
    expect(mail.subject).toContain(subject);
  });

  it('decodes without a replacement character wherever it is not meant to be broken', async () => {
    const flawed: string[] = [];
    for (const name of files.filter((file) => labels[file] !== 'broken')) {
      const { subject, text, html, from, attachments } = await simpleParser(readMail(name));
      const isLossy = `${from?.text} ${subject} ${text} ${html}`.includes('\ufffd');
      const isEmpty = !subject || !(text || html || attachments.length > 0);
      if (isLossy || isEmpty) flawed.push(name);
    }
    expect(flawed).toEqual([]);
  });

  it('travels in every transfer encoding and the usual structures', () => {
    const all = files.map((name) => readMail(name).toString('latin1')).join('\n');
    for (const encoding of ['quoted-printable', 'base64', '8bit'])
      expect(all).toMatch(new RegExp(`^Content-Transfer-Encoding: ${encoding}\r?$`, 'm'));
    for (const type of [
      'multipart/alternative',
      'multipart/mixed',
      'multipart/related',
      'multipart/report',
      'message/rfc822',
      'text/calendar',
      'format=flowed',
      'method=CANCEL',
      'List-Unsubscribe=One-Click',
    ])
      expect(all).toContain(type);
  });

  it('holds the damage it promises', () => {
    const bytesOf = (slug: string) =>
      readMail(labelled('broken').find((file) => file.includes(slug)) ?? slug);
    expect(bytesOf('empty').length).toBe(0);
    expect(bytesOf('nul-bytes')).toContain(0);
    expect(bytesOf('no-headers').toString()).not.toMatch(/^[\w-]+: /m);
    const lines = bytesOf('huge-header').toString().split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeGreaterThan(20_000);
    expect(bytesOf('line-ends').toString()).toMatch(/[^\r]\n[^]*\r[^\n]/);
    expect(bytesOf('no-boundary').toString()).not.toContain('boundary=');
  });
});

/** Joins what quoted-printable and folded headers (or calendar lines) have cut. */
function unfold(text: string): string {
  return text.replaceAll(/=\r?\n|\r?\n[ \t]/g, '');
}
