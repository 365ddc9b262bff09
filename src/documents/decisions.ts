import { z } from 'zod';
import { cleanText } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { JobScope } from '../core/job-scope.ts';
import type { Sql } from '../core/sql.ts';
import { cursorSchema, writeCursor } from './cursor.ts';
import { parseInput } from './input.ts';
import {
  type Correction,
  type Decision,
  type DecisionFilter,
  selectDecisions,
  updateCorrection,
} from './queries/decisions.ts';

/** Which decisions to list, and which page of them. */
export interface DecisionsRequest extends DecisionFilter {
  /** 1 … 100, 20 by default. */
  readonly limit?: number | undefined;
  /** The `cursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface DecisionList {
  readonly decisions: readonly Decision[];
  /** What the next page is asked for with; null on the last one. */
  readonly cursor: string | null;
}

/** Decisions, latest first. Throws `decisions.invalid` with every fault of the request. */
export async function listDecisions(sql: Sql, request: DecisionsRequest): Promise<DecisionList> {
  const { limit, cursor, ...filter } = parseInput(decisionsSchema, request, 'decisions.invalid');
  const found = await selectDecisions(sql, { filter, after: cursor ?? null, limit: limit + 1 });
  const decisions = found.slice(0, limit);
  const last = decisions.at(-1);
  const hasMore = last !== undefined && found.length > limit;
  return {
    decisions,
    cursor: hasMore ? writeCursor({ score: 0, at: last.decidedAt, id: last.id }) : null,
  };
}

/**
 * Writes down what a person says instead of a job of the scope; it holds from then on. Throws `correction.invalid` and
 * `decision.missing`.
 */
export async function correctDecision(
  sql: Sql,
  correction: Correction,
  within?: JobScope,
): Promise<Decision> {
  const { id, answer, by } = parseInput(correctionSchema, correction, 'correction.invalid');
  const corrected = z.uuid().safeParse(id).success
    ? await updateCorrection(sql, { id, answer, by }, within)
    : undefined;
  if (!corrected) throw new Failure('decision.missing', { id });
  return corrected;
}

const cleaned = z.string().transform(cleanText);

const decisionsSchema = z.strictObject({
  kind: cleaned.optional(),
  question: cleaned.optional(),
  answer: cleaned.optional(),
  isCorrected: z.boolean().optional(),
  confidenceBelow: z.number().min(0).max(1).optional(),
  limit: z.int().min(1).max(100).default(20),
  cursor: cursorSchema.optional(),
  within: z.array(z.string()).readonly().optional(),
});

const correctionSchema = z.strictObject({
  id: z.string(),
  answer: z.string().trim().min(1).max(1000).transform(cleanText),
  by: z.string().trim().min(1).max(200).transform(cleanText),
});
