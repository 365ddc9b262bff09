import { logChiSquareTail } from './chi-square.ts';

/** In how many mails of each side something was seen. */
export interface Seen {
  readonly spam: number;
  readonly ham: number;
}

/** Robinson's strength and prior of a feature that is seldom seen. */
const strength = 0.1;
const prior = 0.5;
/** Features nearer than this to 0.5 say nothing. */
const minimumDeviation = 0.1;

/** How much a feature speaks for spam, 0 … 1: Robinson's f(w), with shares of each side's mails. */
export function scoreFeature(seen: Seen, mails: Seen): number {
  const spam = mails.spam === 0 ? 0 : seen.spam / mails.spam;
  const ham = mails.ham === 0 ? 0 : seen.ham / mails.ham;
  if (spam + ham === 0) return prior;
  const count = seen.spam + seen.ham;
  return (strength * prior + count * (spam / (spam + ham))) / (strength + count);
}

/** False for a score so near to 0.5 that it would only add noise. */
export function isTelling(score: number): boolean {
  return Math.abs(score - 0.5) >= minimumDeviation;
}

/**
 * Fisher's combination of scores as Robinson uses it: how much likelier than chance they lean to spam
 * (positive) than to ham (negative), in logarithms; 0 for none. Scores of one group depend on each
 * other, so evidence is taken to grow with the root of their number.
 */
export function combineScores(scores: readonly number[]): number {
  if (scores.length === 0) return 0;
  let forSpam = 0;
  let forHam = 0;
  for (const score of scores) {
    forSpam += Math.log(1 - score);
    forHam += Math.log(score);
  }
  const spamByChance = logChiSquareTail(-2 * forSpam, scores.length);
  const hamByChance = logChiSquareTail(-2 * forHam, scores.length);
  return (hamByChance - spamByChance) / Math.sqrt(scores.length + 1);
}
