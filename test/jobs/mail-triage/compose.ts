/** What a test says about a mail; the rest is filled in. */
export interface MailText {
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly to?: string;
  readonly subject?: string;
  readonly body?: string;
  readonly html?: string;
}

/** The raw bytes of a well-formed mail. */
export function composeMail({
  headers = {},
  from = 'Ada Lovelace <ada@analytical.example>',
  to = 'Grace <grace@harbour.example>',
  subject = 'Hello',
  body = 'Hello.',
  html,
}: MailText): Buffer {
  const fields = {
    From: from,
    To: to,
    Subject: subject,
    Date: 'Tue, 03 Mar 2026 09:30:00 +0000',
    'Message-ID': `<${Buffer.from(subject).toString('hex').slice(0, 20)}@mail.example>`,
    'MIME-Version': '1.0',
    'Content-Type': `text/${html === undefined ? 'plain' : 'html'}; charset=utf-8`,
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${html ?? body}\r\n`);
}
