import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMail } from '../../../../jobs/mail-triage/mail/mail.ts';
import { composeMail } from '../compose.ts';

const raw = (text: string) => parseMail(Buffer.from(text, 'latin1'));

describe('a well-formed mail', () => {
  test('gives its people, subject, date, ids and text', () => {
    const mail = parseMail(
      composeMail({
        from: '=?utf-8?q?J=C3=B6rg?= <Joerg@Example.org>',
        to: '"Hopper, Grace" <grace@harbour.example>, team: a@b.example, c@d.example;',
        subject: '=?iso-8859-1?B?R3L832U=?= =?utf-8?q?_aus?= Köln',
        headers: {
          'Message-ID': '<1@x>',
          'In-Reply-To': 'your mail of <0@x>',
          References: '<a@x>\r\n\t<0@x>',
        },
        body: 'Grüße',
      }),
    );
    expect(mail).toMatchObject({
      from: { name: 'Jörg', address: 'joerg@example.org' },
      subject: 'Grüße aus Köln',
      messageId: '1@x',
      inReplyTo: '0@x',
      references: ['a@x', '0@x'],
      findings: [],
    });
    expect(mail.to.map(({ name, address }) => [name, address])).toEqual([
      ['Hopper, Grace', 'grace@harbour.example'],
      ['', 'a@b.example'],
      ['', 'c@d.example'],
    ]);
    expect(mail.date?.toISOString()).toBe('2026-03-03T09:30:00.000Z');
    expect(mail.text.trim()).toBe('Grüße');
  });

  test('of HTML gives what is seen, the links, and no hidden text', () => {
    const mail = parseMail(
      composeMail({
        html: '<style>p{}</style><p>Dear&nbsp;Ada &amp; co,</p><div style="display:none">bayes <b>poison</b></div><p>see <a href="http://a.example/?x=1&amp;y=2">the <b>page</b></a></p><!-- no -->1 < 2',
      }),
    );
    expect(mail.text).toBe('Dear Ada & co,\n\nsee the page\n1 < 2');
    expect(mail.html).toMatchObject({
      hasHiddenText: true,
      links: [{ text: 'the page', target: 'http://a.example/?x=1&y=2' }],
    });
  });

  test('of parts gives the text, the names of attachments (RFC 2231) and all content types', () => {
    const mail = raw(
      [
        'From: a@b.example',
        'Date: Tue, 3 Mar 2026 10:00 GMT',
        'Content-Type: multipart/mixed; boundary="=_outer"',
        '',
        'preamble',
        '--=_outer',
        'Content-Type: multipart/alternative; boundary=in',
        '',
        '--in',
        'Content-Type: text/plain; charset=iso-2022-jp',
        '',
        '\x1b$B$3$s$K$A$O\x1b(B',
        '--in',
        'Content-Type: text/html',
        '',
        '<p>x</p>',
        '--in--',
        '--=_outer',
        "Content-Type: application/pdf; name*0*=utf-8''R%C3%A9; name*1*=sum%C3%A9.pdf",
        'Content-Transfer-Encoding: base64',
        '',
        'AAAA',
        '--=_outer--',
        '',
      ].join('\n'),
    );
    expect(mail.text.trim()).toBe('こんにちは');
    expect(mail.attachments).toMatchObject([{ name: 'Résumé.pdf', type: 'application/pdf' }]);
    expect(mail.contentTypes).toEqual([
      'multipart/mixed',
      'multipart/alternative',
      'text/plain',
      'text/html',
      'application/pdf',
    ]);
    expect(mail.findings).toEqual([]);
  });
});

describe('a broken mail gives what can be read, and a finding', () => {
  const head = 'From: a@b.example\nDate: Tue, 3 Mar 2026 10:00:00 +0000\n';

  test.each([
    [
      'an unknown charset',
      `${head}Content-Type: text/plain; charset=x-klingon\n\ncaf\xe9`,
      /"x-klingon" is not known/,
      'café',
    ],
    [
      'UTF-8 that is none',
      `${head}Content-Type: text/plain; charset=utf-8\n\ncaf\xe9`,
      /says it is UTF-8 but is not/,
      'café',
    ],
    [
      'base64 that is cut off',
      `${head}Content-Transfer-Encoding: base64\n\naGVsbG8gd29ybGQ1M`,
      /cut off/,
      'hello world5',
    ],
    [
      'base64 with noise',
      `${head}Content-Transfer-Encoding: base64\n\naGVs*bG8=`,
      /do not belong/,
      'hello',
    ],
    [
      'a boundary that never comes',
      `${head}Content-Type: multipart/mixed; boundary=x\n\nhello`,
      /never comes/,
      'hello',
    ],
    [
      'no last boundary',
      `${head}Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhello`,
      /last boundary/,
      'hello',
    ],
    [
      'no boundary named',
      `${head}Content-Type: multipart/mixed\n\nhello`,
      /names no boundary/,
      'hello',
    ],
    ['NUL bytes', `${head}Subject: a\0b\n\nhel\0lo`, /NUL bytes/, 'hello'],
    [
      'a line among the headers that is none',
      `${head}what is this\nSubject: x\n\nhello`,
      /line that is no header/,
      'what is this\nSubject: x\n\nhello',
    ],
    ['no date', 'From: a@b.example\n\nhello', /no date/, 'hello'],
    [
      'an impossible date',
      'From: a@b.example\nDate: soon\n\nhello',
      /date cannot be read/,
      'hello',
    ],
    ['no sender', 'Date: Tue, 3 Mar 2026 10:00:00 +0000\n\nhello', /no sender/, 'hello'],
  ])('%s', (...[, text, finding, read]) => {
    const mail = raw(text);
    expect(mail.findings.join('; ')).toMatch(finding);
    expect(mail.text.trim()).toBe(read);
  });

  test('nothing at all', () => {
    expect(raw('').findings).toContain('the mail has no headers');
  });

  test('a thousand nested multiparts', () => {
    const nested = Array.from(
      { length: 1000 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
    ).join('');
    expect(raw(`From: a@b.example\n${nested}\nhello`).findings.join()).toMatch(
      /nested deeper than 20/,
    );
  });

  test('parts without end', () => {
    const mail = raw(
      `From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n${'--x\n\na\n'.repeat(100_000)}`,
    );
    expect(mail.findings.join()).toMatch(/500 parts/);
  });

  test('a megabyte of headers', () => {
    expect(
      raw(`From: a@b.example\nX-Pad: ${'x'.repeat(1_000_000)}\n\nhello`).findings.join(),
    ).toMatch(/longer than 256 KB/);
    expect(raw(`From: a@b.example\n${'X-Pad: x\n'.repeat(5000)}\nhello`).findings.join()).toMatch(
      /more than 1000/,
    );
  });
});

describe('whatever comes', () => {
  const pieces = fc.constantFrom(
    'From: ',
    'Subject: ',
    'Content-Type: multipart/mixed; boundary=b\n',
    'Content-Type: text/html; charset=utf-16\n',
    'Content-Transfer-Encoding: base64\n',
    'Content-Transfer-Encoding: quoted-printable\n',
    '\n',
    '\r\n',
    '--b\n',
    '--b--',
    '=?utf-8?b?',
    '?=',
    '=?x?q?=',
    '<a href="',
    '<',
    '>',
    '"',
    '(',
    '&#',
    ';',
    ':',
    '=E',
    ' ',
    '\t',
    'Date: ',
    '<p style="display:none">',
    '<!--',
    '+AGE-',
    '\0',
    '\xff\xfe',
    'Content-Type: message/rfc822\n',
    "name*0*=''%",
  );

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(parseMail(bytes).text.isWellFormed()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('no order of what mails are made of makes it throw', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(pieces, fc.string({ maxLength: 10 })), { maxLength: 60 }),
        (parts) => {
          const mail = parseMail(Buffer.from(parts.join(''), 'latin1'));
          expect(
            JSON.stringify([mail.subject, mail.from, mail.text, mail.messageId]),
          ).not.toContain('\\u0000');
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['angle brackets', '<'.repeat(300_000)],
    ['open tags', '<a '.repeat(100_000)],
    ['open comments', '<!-- '.repeat(100_000)],
    ['entities', '&#1'.repeat(100_000)],
  ])('a flood of %s is read in linear time', (_, html) => {
    const started = performance.now();
    parseMail(composeMail({ html }));
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test.each([
    ['commas', ','.repeat(300_000)],
    ['quotes', '"'.repeat(200_000)],
    ['brackets', '<'.repeat(200_000)],
    ['encoded words', '=?utf-8?q?a?= '.repeat(15_000)],
    ['blanks', `${' '.repeat(200_000)}x`],
  ])('a header flooded with %s is read in linear time', (_, value) => {
    const started = performance.now();
    parseMail(
      composeMail({
        headers: {
          From: value,
          To: value,
          Subject: value,
          'Content-Type': `text/plain; ${value}`,
          References: value,
          Date: value,
        },
      }),
    );
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
