import type { RunContext } from '../../src/core/context.ts';
import { readBatch } from './batch.ts';
import { storeBatch } from './conversations.ts';
import { listUnread, pickEntries } from './listing.ts';
import { openStartCounts } from './spam/start-model.ts';
import { addTally, emptyTally, type Tally, tallyBatch } from './tally.ts';

const batchSize = 50;

/** Reads, judges and stores up to `limit` new mails, a batch at a time, and counts what it found. */
export async function triageMailbox(
  ctx: RunContext<'mailbox' | 'documents' | 'database'>,
  { mailbox: asked, limit }: { readonly mailbox: string; readonly limit: number },
) {
  const mailbox = await ctx.mailbox.open(asked);
  // Remembered, so that every attempt cuts the same batches and no recorded step runs again.
  const { unread, known, remaining } = await ctx.step('list new mails', () =>
    listUnread(mailbox, { documents: ctx.documents, limit, signal: ctx.signal }),
  );
  ctx.log.info(describeListing(mailbox.name, { unread: unread.length, known, remaining }));
  const entries = await pickEntries(mailbox, new Set(unread));
  const counts = openStartCounts();
  let tally = emptyTally();
  for (let from = 0; from < unread.length; from += batchSize) {
    const ids = unread.slice(from, from + batchSize);
    const to = from + ids.length;
    const batch = await readBatch(ids, { ctx, mailbox: mailbox.name, entries, counts });
    const batchTally = await ctx.transaction(`mails ${from + 1}-${to}`, async (sql) => {
      const target = { sql, documents: ctx.documents, mailbox: mailbox.name };
      return tallyBatch(await storeBatch(batch, target));
    });
    tally = addTally(tally, batchTally);
    ctx.progress(to, unread.length, `mails ${from + 1}-${to}`);
    ctx.log.info(describeBatch(from + 1, to, batchTally), { categories: batchTally.categories });
  }
  return { ...tally, mailbox: mailbox.name, known, remaining };
}

function describeListing(
  name: string,
  { unread, known, remaining }: { unread: number; known: number; remaining: number },
): string {
  if (unread + known === 0) return `The mailbox ${name} has no mails.`;
  const rest = remaining > 0 ? `, ${remaining} more are left for the next run` : '';
  return `The mailbox ${name} has ${unread === 0 ? 'no new mails' : `${unread} new mails to read`}${rest}; ${known} were read before.`;
}

function describeBatch(from: number, to: number, { findings, actions }: Tally): string {
  return `Read mails ${from}-${to}: ${actions} action items, ${findings.length} findings.`;
}
