import { actionCut, scoreRequest } from './action-cues.ts';
import { findDueDate } from './due-date.ts';

/** Something the reader is asked to do, in the writer's own words. */
export interface ActionItem {
  readonly sentence: string;
  /** The day it is due, `2026-03-01`, where the sentence names one. */
  readonly due?: string;
  /** 0 … 1. */
  readonly confidence: number;
}

const mostItems = 5;

/** The requests among the sentences that a sender wrote, the clearest five in their order. */
export function findActionItems(
  sentences: readonly string[],
  { written, language }: { written: Date; language: string },
): ActionItem[] {
  return sentences
    .map((sentence, at) => ({ sentence, at, score: scoreRequest(sentence, language) }))
    .filter(({ score }) => score >= actionCut)
    .sort((a, b) => b.score - a.score)
    .slice(0, mostItems)
    .sort((a, b) => a.at - b.at)
    .map(({ sentence, score }) => {
      const due = findDueDate(sentence, { written, language });
      const confidence = Number((1 / (1 + Math.exp(-1.5 * (score - actionCut) - 0.3))).toFixed(2));
      return due === undefined ? { sentence, confidence } : { sentence, due, confidence };
    });
}
