import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { tallySchema } from './tally.ts';

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

  async run(ctx, payload) {
    // Imported by the first run: only a worker needs what reads and judges mails.
    const { triageMailbox } = await import('./triage-mailbox.ts');
    return triageMailbox(ctx, payload);
  },
});
