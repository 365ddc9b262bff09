import { z } from 'zod';
import type { NewDecision, NewDocument } from '../../src/core/connectors.ts';
import type { BatchMail, ReadBatch } from './batch.ts';
import { domainOf } from './mail/addresses.ts';
import { keyOf } from './mail-key.ts';

const judgementSchema = z.object({
  answer: z.string(),
  confidence: z.number(),
  reasons: z.array(z.string()),
});
const addressSchema = z.object({ name: z.string(), address: z.string() });

/** What a stored mail carries for the views. */
export const mailDataSchema = z.object({
  id: z.string(),
  messageId: z.string(),
  inReplyTo: z.string(),
  from: addressSchema,
  to: z.array(addressSchema),
  date: z.string().nullable(),
  category: judgementSchema,
  priority: judgementSchema,
  actions: z.array(
    z.object({ sentence: z.string(), due: z.string().optional(), confidence: z.number() }),
  ),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), size: z.number() })),
  findings: z.array(z.string()),
});

export type MailData = z.output<typeof mailDataSchema>;

const maxBodyChars = 100_000;
const mostAddresses = 20;

/** The documents of a batch, one per mail. */
export function documentsOf({ mails }: ReadBatch, mailbox: string): NewDocument[] {
  return mails.map((mail) => {
    const { triaged } = mail;
    const { date, subject, text } = triaged.mail;
    return {
      kind: 'mail',
      key: keyOf(mailbox, mail.id),
      title: subject === '' ? '(no subject)' : subject.slice(0, 1000),
      body: text.slice(0, maxBodyChars),
      ...(date ? { at: date } : {}),
      facets: facetsOf(mail, mailbox),
      data: dataOf(mail),
    };
  });
}

/** Category and priority of each mail of a batch, as decisions that a person may correct. */
export function decisionsOf({ mails }: ReadBatch, mailbox: string): NewDecision[] {
  return mails.flatMap(({ id, triaged }) =>
    (['category', 'priority'] as const).map((question) => {
      const { answer, confidence, reasons } = triaged[question];
      const document = { kind: 'mail', key: keyOf(mailbox, id) };
      return { document, question, answer, confidence, reasons };
    }),
  );
}

function facetsOf({ triaged, findings }: BatchMail, mailbox: string): Record<string, string> {
  const { mail, category, priority, language, actions } = triaged;
  return {
    mailbox,
    category: category.answer,
    priority: priority.answer,
    language,
    domain: domainOf(mail.from.address) || 'none',
    has_action: actions.length > 0 ? 'yes' : 'no',
    has_attachment: mail.attachments.length > 0 ? 'yes' : 'no',
    has_finding: findings.length > 0 ? 'yes' : 'no',
  };
}

function dataOf({ id, triaged, findings }: BatchMail): MailData {
  const { mail, category, priority, actions } = triaged;
  return {
    id,
    messageId: mail.messageId,
    inReplyTo: mail.inReplyTo,
    from: mail.from,
    to: mail.to.slice(0, mostAddresses),
    date: mail.date?.toISOString() ?? null,
    category: { ...category, reasons: [...category.reasons] },
    priority: { ...priority, reasons: [...priority.reasons] },
    actions: [...actions],
    attachments: mail.attachments.slice(0, 50),
    findings: [...findings],
  };
}
