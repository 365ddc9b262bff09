import type { Documents } from '../../src/core/connectors.ts';
import type { Sql } from '../../src/core/sql.ts';
import type { BatchMail, ReadBatch } from './batch.ts';
import {
  decisionsOf,
  documentsOf,
  settleBatchMail,
  settleDocument,
  settledDecisions,
} from './documents.ts';
import { keyOf } from './mail-key.ts';
import { storeAcquaintance, storeMails, storeSettled, storeThreads } from './store.ts';
import { type Settlement, settleThreads } from './threads/settle.ts';

/** A batch as it was stored. */
export interface StoredBatch extends ReadBatch {
  /** Mails of earlier batches that this one settled. */
  readonly revised: number;
}

interface Target {
  readonly sql: Sql;
  readonly documents: Documents;
  readonly mailbox: string;
}

/** Stores a batch in one transaction, and what it changes in the conversations it belongs to. */
export async function storeBatch(batch: ReadBatch, target: Target): Promise<StoredBatch> {
  const { sql, documents, mailbox } = target;
  await storeThreads(sql, mailbox, batch.mails.map(threadedMail));
  await storeAcquaintance(sql, mailbox, batch.met);
  const settled = settleThreads(await storeMails(sql, mailbox, batch.mails.map(settledMail)));
  await storeSettled(sql, mailbox, [...settled.keys()]);
  const mails = batch.mails.map((mail) => {
    const settlement = settled.get(mail.id);
    return settlement ? settleBatchMail(mail, settlement) : mail;
  });
  const settledBatch = { ...batch, mails };
  await documents.put(documentsOf(settledBatch, mailbox));
  await documents.decide(decisionsOf(settledBatch, mailbox));
  const inBatch = new Set(mails.map(({ id }) => id));
  const earlier = [...settled].filter(([id]) => !inBatch.has(id));
  return { ...settledBatch, revised: await reviseStored(earlier, target) };
}

/** Puts settled documents of earlier batches anew; what a person corrected stays as it is. */
async function reviseStored(
  settled: readonly (readonly [id: string, settlement: Settlement])[],
  { documents, mailbox }: Target,
): Promise<number> {
  const byKey = new Map(settled.map(([id, settlement]) => [keyOf(mailbox, id), settlement]));
  const read = await documents.read('mail', [...byKey.keys()]);
  const stored = read.filter(({ corrected }) => !corrected.includes('category'));
  await documents.put(stored.map((document) => settleDocument(document, byKey.get(document.key)!)));
  await documents.decide(stored.flatMap(({ key }) => settledDecisions(key, byKey.get(key)!)));
  return stored.length;
}

function threadedMail({ id, triaged: { mail } }: BatchMail) {
  return { ...mail, messageId: nameOf(id, mail), inReplyTo: mail.inReplyTo || mail.reportsOn };
}

function settledMail({ id, triaged }: BatchMail) {
  const { mail, role, category } = triaged;
  return {
    id,
    messageId: nameOf(id, mail),
    sender: mail.from.address,
    sentAt: mail.date ?? null,
    role,
    category: category.answer,
  };
}

function nameOf(id: string, { messageId }: { messageId: string }): string {
  return messageId || `without-id:${id}`;
}
