import type { z } from 'zod';
import { type MailData, mailDataSchema } from './documents.ts';
import type { mailTriage } from './job.ts';

/** A stored mail as the documents give it back. */
export interface StoredMail {
  readonly title: string;
  readonly data?: unknown;
}

type Result = z.output<(typeof mailTriage)['result']>;

/** Rows of [category, mails], the most frequent first. */
export function listCategories({
  categories,
}: Pick<Result, 'categories'>): [category: string, mails: number][] {
  return Object.entries(categories).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** One mail in a list of those that matter. */
export interface ImportantMail {
  readonly priority: string;
  readonly category: string;
  readonly from: string;
  readonly subject: string;
  readonly why: readonly string[];
}

const rank: Record<string, number> = { high: 0, normal: 1, low: 2 };

/** The mails of others that deserve their reader first, the newest of each priority before the others. */
export function listImportant(mails: readonly StoredMail[], most: number): ImportantMail[] {
  return read(mails)
    .filter(({ data }) => !data.isOwn)
    .sort(
      (a, b) =>
        (rank[a.data.priority.answer] ?? 3) - (rank[b.data.priority.answer] ?? 3) ||
        byConfidence(a.data, b.data),
    )
    .slice(0, most)
    .map(({ title, data }) => ({
      priority: data.priority.answer,
      category: data.category.answer,
      from: nameOf(data),
      subject: title,
      why: [...data.category.reasons, ...data.priority.reasons.slice(1)],
    }));
}

/** Something to do, and whose words say so. */
export interface DueAction {
  readonly due: string | undefined;
  readonly sentence: string;
  readonly from: string;
  readonly subject: string;
}

/** What readers are asked to do and have not answered yet: what is due first, then what the classifier is surest of. */
export function listActions(mails: readonly StoredMail[], most: number): DueAction[] {
  return read(mails)
    .filter(({ data }) => !data.isOwn && data.settled === undefined)
    .flatMap(({ title, data }) =>
      data.actions.map((action) => ({ ...action, from: nameOf(data), subject: title })),
    )
    .sort((a, b) => (a.due ?? '9').localeCompare(b.due ?? '9') || b.confidence - a.confidence)
    .slice(0, most)
    .map(({ due, sentence, from, subject }) => ({ due, sentence, from, subject }));
}

/** Rows of [mail, finding] for what was wrong with mails. */
export function listFindings({
  findings,
}: Pick<Result, 'findings'>): [mail: string, finding: string][] {
  return findings.map(({ mail, finding }) => [mail, finding]);
}

function read(mails: readonly StoredMail[]): { title: string; data: MailData }[] {
  return mails.map(({ title, data }) => ({ title, data: mailDataSchema.parse(data) }));
}

function byConfidence(a: MailData, b: MailData): number {
  return (
    b.priority.confidence - a.priority.confidence || (b.date ?? '').localeCompare(a.date ?? '')
  );
}

function nameOf({ from }: MailData): string {
  return from.name || from.address || 'unknown sender';
}
