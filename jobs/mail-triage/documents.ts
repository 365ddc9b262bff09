import { z } from 'zod';
import type { NewDecision, NewDocument } from '../../src/core/connectors.ts';
import type { BatchMail, ReadBatch } from './batch.ts';
import { domainOf } from './mail/addresses.ts';
import { keyOf } from './mail-key.ts';
import type { Judgement } from './sorting/judgement.ts';
import type { Settlement } from './threads/settle.ts';

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
  /** Written by the mailbox's owner. */
  isOwn: z.boolean().default(false),
  /** Why nobody waits any more. */
  settled: z.string().optional(),
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
  return mails.flatMap(({ id, triaged }) => decide(keyOf(mailbox, id), triaged));
}

/** A stored document as its settled conversation makes it. */
export function settleDocument(stored: NewDocument, settlement: Settlement): NewDocument {
  const judged = judgementsOf(settlement);
  const data = mailDataSchema.parse(stored.data);
  const [category, priority] = [judged.category.answer, judged.priority.answer];
  return {
    ...stored,
    facets: { ...stored.facets, category, priority },
    data: { ...data, ...judged, settled: settlement.reason },
  };
}

/** The decisions that go with it. */
export function settledDecisions(key: string, settlement: Settlement): NewDecision[] {
  return decide(key, judgementsOf(settlement));
}

/** A mail of the batch at hand, settled. */
export function settleBatchMail(mail: BatchMail, settlement: Settlement): BatchMail {
  const triaged = { ...mail.triaged, ...judgementsOf(settlement) };
  return { ...mail, triaged, settled: settlement.reason };
}

function judgementsOf({ category, reason }: Settlement) {
  const confidence = 0.9;
  return {
    category: { answer: category, confidence, reasons: [reason] },
    priority: { answer: 'low' as const, confidence, reasons: [`it is ${category}`, reason] },
  };
}

function decide(
  key: string,
  judged: Readonly<Record<'category' | 'priority', Judgement<string>>>,
): NewDecision[] {
  return (['category', 'priority'] as const).map((question) => ({
    document: { kind: 'mail', key },
    question,
    answer: judged[question].answer,
    confidence: judged[question].confidence,
    reasons: judged[question].reasons,
  }));
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

function dataOf({ id, triaged, findings, settled }: BatchMail): MailData {
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
    isOwn: triaged.role === 'owner',
    ...(settled === undefined ? {} : { settled }),
  };
}
