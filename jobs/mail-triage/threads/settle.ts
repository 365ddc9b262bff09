import type { Category } from '../sorting/judgement.ts';

/** Who wrote a mail, as far as it decides who owes the next reply. */
export type Role = 'owner' | 'person' | 'program' | 'bounce';

/** A mail of a conversation, with the category it has by itself. */
export interface ThreadMail {
  readonly id: string;
  readonly thread: string;
  readonly sender: string;
  readonly sentAt: Date | null;
  readonly role: Role;
  readonly category: Category;
  /** True when an earlier batch settled it. */
  readonly isSettled: boolean;
}

/** What a mail became by what else is in its conversation. */
export interface Settlement {
  readonly category: Category;
  readonly reason: string;
}

const unwanted: readonly Category[] = ['cold', 'spam', 'phishing'];
/** What a mail that goes on with an unwanted one may look like. */
const harmless: readonly Category[] = ['to-reply', 'fyi', 'unsure', 'waiting'];

/**
 * The mails that are something else than by themselves, by id: answered questions, questions asked anew, and what
 * goes on with an unwanted mail. Only what is dated later counts as an answer; a program never answers.
 */
export function settleThreads(mails: readonly ThreadMail[]): Map<string, Settlement> {
  const settled = new Map<string, Settlement>();
  for (const thread of Map.groupBy(mails, (mail) => mail.thread).values()) {
    if (thread.length === 1) continue;
    for (const mail of thread) {
      if (mail.isSettled) continue;
      const settlement = settleMail(mail, thread);
      if (settlement) settled.set(mail.id, settlement);
    }
  }
  return settled;
}

function settleMail(mail: ThreadMail, thread: readonly ThreadMail[]): Settlement | undefined {
  const continued = findContinued(mail, thread);
  if (continued)
    return {
      category: continued.category,
      reason: `goes on with a mail that is ${continued.category}`,
    };
  if (mail.category !== 'to-reply' && mail.category !== 'waiting') return undefined;
  const later = thread.filter(
    (other) => isAfter(other, mail) && !unwanted.includes(other.category),
  );
  return mail.role === 'owner' ? settleOwn(later) : settleReceived(mail, later);
}

/** The owner's question: answered, sent back, or asked again. */
function settleOwn(later: readonly ThreadMail[]): Settlement | undefined {
  const answer = later.find(({ role }) => role === 'person');
  if (answer) return { category: 'fyi', reason: `was answered${dayOf(answer)}` };
  const bounce = later.find(({ role }) => role === 'bounce');
  if (bounce) return { category: 'fyi', reason: `could not be delivered${dayOf(bounce)}` };
  const again = later.find(({ role, category }) => role === 'owner' && category === 'waiting');
  return again && { category: 'fyi', reason: `you asked again${dayOf(again)}` };
}

function settleReceived(
  { category, sender }: ThreadMail,
  later: readonly ThreadMail[],
): Settlement | undefined {
  const answer = later.find(({ role }) => role === 'owner');
  if (answer && category === 'to-reply')
    return { category: 'fyi', reason: `you answered${dayOf(answer)}` };
  const kept = later.find((other) => other.sender === sender && other.role === 'person');
  if (category === 'waiting')
    return kept && { category: 'fyi', reason: `the promised answer came${dayOf(kept)}` };
  const newer = later.find((other) => other.role === 'person' && other.category === 'to-reply');
  return (
    newer && { category: 'fyi', reason: `a later mail of the conversation asks${dayOf(newer)}` }
  );
}

/** An earlier unwanted mail of the same sender that the owner never answered. */
function findContinued(mail: ThreadMail, thread: readonly ThreadMail[]): ThreadMail | undefined {
  if (mail.role !== 'person' || !harmless.includes(mail.category)) return undefined;
  if (thread.some(({ role }) => role === 'owner')) return undefined;
  return thread.find(
    (other) =>
      other.sender === mail.sender && unwanted.includes(other.category) && isAfter(mail, other),
  );
}

function isAfter(a: ThreadMail, b: ThreadMail): boolean {
  return a.sentAt !== null && b.sentAt !== null && a.sentAt.getTime() > b.sentAt.getTime();
}

function dayOf({ sentAt }: ThreadMail): string {
  return sentAt ? ` on ${sentAt.toISOString().slice(0, 10)}` : '';
}
