import { z } from 'zod';
import type { StoredBatch } from './conversations.ts';

const mostFindings = 200;

/** What a run, or a batch of it, did; the counts of batches add up. */
export const tallySchema = z.object({
  read: z.int(),
  categories: z.record(z.string(), z.int()),
  priorities: z.record(z.string(), z.int()),
  actions: z.int(),
  revised: z.int().describe('mails read before that a later mail of their conversation settled'),
  findings: z
    .array(z.object({ mail: z.string(), finding: z.string() }))
    .describe(`at most ${mostFindings}`),
});

export type Tally = z.output<typeof tallySchema>;

/** Nothing done yet. */
export function emptyTally(): Tally {
  return { read: 0, categories: {}, priorities: {}, actions: 0, revised: 0, findings: [] };
}

/** Counts one batch. */
export function tallyBatch({ mails, unreadable, revised }: StoredBatch): Tally {
  const tally = { ...emptyTally(), revised };
  for (const { id, triaged, findings } of mails) {
    const { category, priority, actions } = triaged;
    tally.read++;
    tally.actions += actions.length;
    tally.categories[category.answer] = (tally.categories[category.answer] ?? 0) + 1;
    tally.priorities[priority.answer] = (tally.priorities[priority.answer] ?? 0) + 1;
    for (const finding of findings) tally.findings.push({ mail: id, finding });
  }
  for (const { id, finding } of unreadable) tally.findings.push({ mail: id, finding });
  return tally;
}

/** The sum of two tallies. */
export function addTally(a: Tally, b: Tally): Tally {
  return {
    read: a.read + b.read,
    categories: addCounts(a.categories, b.categories),
    priorities: addCounts(a.priorities, b.priorities),
    actions: a.actions + b.actions,
    revised: a.revised + b.revised,
    findings: [...a.findings, ...b.findings].slice(0, mostFindings),
  };
}

function addCounts(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
