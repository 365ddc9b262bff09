import { z } from 'zod';

const problem = z
  .looseObject({
    status: z.int(),
    title: z.string(),
    detail: z.string().describe('What is wrong, where, and what to do.'),
    code: z.string().describe('Names it for programs; docs/errors.md has them all.'),
    kind: z.string(),
  })
  .meta({
    id: 'Problem',
    description: 'An error (RFC 9457).',
    examples: [
      {
        status: 404,
        title: 'missing',
        detail: 'There is no job "mail-traige"; did you mean "mail-triage"?',
        code: 'job.unknown',
        kind: 'missing',
      },
    ],
  });

const problems = {
  description: 'What is wrong, as a problem.',
  content: { 'application/problem+json': { schema: problem } },
};

/**
 * The answers of a route by status, problems included. What is sent is checked against them; their types are left
 * open, since rows are read-only and schemas are not.
 */
export function answering(answers: Readonly<Record<number, z.ZodType>>): {
  response: Record<number | '4xx' | '5xx', z.ZodType>;
} {
  const all: unknown = { ...answers, '4xx': problems, '5xx': problems };
  return { response: all as Record<number | '4xx' | '5xx', z.ZodType> };
}

/** A page of rows under `name`, with the cursor of the next page if there is one. */
export function pageAnswer(name: string, row: z.ZodType): z.ZodType {
  return z.strictObject({ [name]: z.array(row), cursor: z.string().optional() });
}

/** A time that may be missing. */
export const optionalTime = z.date().nullable();
