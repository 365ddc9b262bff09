import type { Facts } from './facts.ts';
import type { Category, Judgement, Priority } from './judgement.ts';

const byCategory: Record<Category, number> = {
  'to-reply': 2,
  calendar: 1.5,
  waiting: 1,
  unsure: 1,
  fyi: 0.8,
  receipt: 0.5,
  notification: 0.5,
  newsletter: -0.5,
  cold: -0.5,
  marketing: -1,
  spam: -5,
  phishing: -5,
};
const urgent =
  /\b(?:urgent|asap|as soon as possible|immediately|deadline|eod|end of (?:the )?day|dringend|eilig|sofort|frist|urgence|dès que possible|urgente|cuanto antes)\b/i;
const dayMs = 86_400_000;

/** How soon a mail deserves its reader, seen from `now`, with reasons. */
export function judgePriority(
  facts: Facts,
  { category, now }: { category: Category; now: Date },
): Judgement<Priority> {
  const reasons = [`it is ${category === 'unsure' ? 'of no sure category' : category}`];
  let score = byCategory[category];
  const add = (weight: number, reason: string) => {
    score += weight;
    reasons.push(reason);
  };
  if (facts.isOwn) add(-0.5, 'you wrote it');
  else if (score > -5) {
    const word = urgent.exec(facts.said);
    if (word) add(1, `says “${word[0]}”`);
    if (
      /^(?:1|high|urgent)/i.test(
        facts.mail.headers.get('importance') || facts.mail.headers.get('x-priority'),
      )
    )
      add(0.5, 'its sender marked it important');
    const due = facts.actions
      .map((action) => action.due)
      .find((day) => day !== undefined && isSoon(day, now));
    if (due !== undefined) add(1.2, `something is due on ${due}`);
    if (facts.isReply && !facts.isBulk) add(0.3, 'belongs to a conversation');
    if (facts.mail.to.length > 5) add(-0.5, `goes to ${facts.mail.to.length} people`);
  }
  const answer = score >= 2.3 ? 'high' : score >= 0.5 ? 'normal' : 'low';
  const distance = Math.min(Math.abs(score - 2.3), Math.abs(score - 0.5));
  return { answer, confidence: Number(Math.min(0.95, 0.55 + distance / 3).toFixed(2)), reasons };
}

function isSoon(day: string, now: Date): boolean {
  const days = (Date.parse(day) - now.getTime()) / dayMs;
  return days > -1.5 && days < 7;
}
