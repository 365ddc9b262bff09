import type { Facts } from './facts.ts';
import type { Category, Judgement } from './judgement.ts';
import { asksSomething, rules, shorten } from './rules.ts';

/** Less evidence than this decides nothing. */
const leastEvidence = 0.9;
/** The winner must be this much ahead of the next. */
const leastLead = 0.15;

/** The category the evidence speaks for, with reasons, or `unsure` with what speaks for each side. */
export function judgeCategory(facts: Facts): Judgement<Category> {
  if (facts.isOwn) return judgeOwn(facts);
  const found = new Map<Category, { weight: number; reasons: string[] }>();
  for (const { category, weigh } of rules) {
    const evidence = weigh(facts);
    if (!evidence) continue;
    const entry = found.get(category) ?? { weight: 0, reasons: [] };
    entry.weight += evidence.weight;
    if (evidence.reason) entry.reasons.push(evidence.reason);
    found.set(category, entry);
  }
  const ranked = [...found].sort(([, a], [, b]) => b.weight - a.weight);
  const [first, second] = ranked;
  if (!first || first[1].weight < leastEvidence)
    return { answer: 'unsure', confidence: 0.5, reasons: explainDoubt(ranked.slice(0, 1)) };
  const rival = second?.[1].weight ?? 0;
  if (first[1].weight - rival < leastLead)
    return { answer: 'unsure', confidence: 0.5, reasons: explainDoubt(ranked.slice(0, 2)) };
  return {
    answer: first[0],
    confidence: confidenceOf(first[1].weight, rival),
    reasons: first[1].reasons,
  };
}

/** What the owner wrote needs no answer of the owner. */
function judgeOwn(facts: Facts): Judgement<Category> {
  const { mail, question, actions } = facts;
  const isToOthers = [...mail.to, ...mail.cc].some(({ address }) => address !== mail.from.address);
  if (!isToOthers || !asksSomething(facts))
    return { answer: 'fyi', confidence: 0.9, reasons: ['you wrote it, and it asks nothing'] };
  const asked = question ?? actions[0]?.sentence ?? '';
  return { answer: 'waiting', confidence: 0.8, reasons: [`you asked: “${shorten(asked)}”`] };
}

function confidenceOf(weight: number, rival: number): number {
  return Number((weight / (weight + Math.max(0, rival) + 0.5)).toFixed(2));
}

function explainDoubt(
  ranked: readonly (readonly [Category, { reasons: readonly string[] }])[],
): string[] {
  if (ranked.length === 0) return ['nothing in it tells what it is'];
  return ranked.map(
    ([category, { reasons }]) => `could be ${category}: ${reasons[0] ?? 'by its form'}`,
  );
}
