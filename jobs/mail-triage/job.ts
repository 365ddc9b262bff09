import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { storeBatch } from './conversations.ts';
import { listUnread, pickEntries } from './listing.ts';
import { openStartCounts } from './spam/start-model.ts';
import { addTally, emptyTally, type Tally, tallyBatch, tallySchema } from './tally.ts';

const batchSize = 50;

/** Sorts the new mails of a mailbox: categories and priorities with reasons, action items, threads. */
export const mailTriage = defineJob({
  name: 'mail-triage',
  summary: 'Sorts new mail by category and priority, says why, and finds what you are asked to do.',
  version: 1,
  payload: z.object({
    mailbox: z
      .string()
      .min(1)
      .describe('a configured name, or the path of a Maildir, an mbox file or a folder of .eml'),
    limit: z
      .int()
      .min(1)
      .max(5000)
      .default(500)
      .describe('how many new mails one run reads at most'),
  }),
  result: tallySchema.extend({
    mailbox: z.string(),
    known: z.int().describe('mails that an earlier run had read'),
    remaining: z.int().describe('new mails left for the next run'),
  }),
  retry: { attempts: 5, backoff: 'exponential', from: '10s', upTo: '15m', jitter: 0.5 },
  timeout: '10m',
  needs: ['mailbox', 'documents', 'database'],

  async run(ctx, { mailbox: asked, limit }) {
    // The tables of languages and dates are 30 MB, which a worker without mail need not hold.
    const { readBatch } = await import('./batch.ts');
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
  },
});

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
