import { z } from 'zod';
import { nameOfActor } from '../../core/actor.ts';
import {
  correctDecision,
  type Decision,
  findDocument,
  listDecisions,
  searchDocuments,
} from '../../documents/index.ts';
import { answering, optionalTime } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';

const search = z.strictObject({
  q: z.string().optional(),
  kind: z.string().optional(),
  /** `name:value`, any number of times. */
  facet: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((given) => [given].flat())
    .pipe(z.array(z.string().regex(/^[^:]+:/, 'a facet is written name:value'))),
  from: z.coerce.date().optional(),
  to: z.coerce.date().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().optional(),
});

const decisions = z.strictObject({
  kind: z.string().optional(),
  question: z.string().optional(),
  answer: z.string().optional(),
  isCorrected: z.stringbool().optional(),
  confidenceBelow: z.coerce.number().min(0).max(1).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().optional(),
});

const correction = z.strictObject({ answer: z.string() }).meta({ examples: [{ answer: 'act' }] });

const decision = z
  .strictObject({
    id: z.string(),
    document: z.strictObject({
      id: z.string(),
      kind: z.string(),
      key: z.string(),
      title: z.string(),
    }),
    question: z.string(),
    answer: z.string(),
    confidence: z.number(),
    reasons: z.array(z.string()),
    runId: z.string().nullable(),
    decidedAt: z.date(),
    correctedAnswer: z.string().nullable(),
    correctedBy: z.string().nullable(),
    correctedAt: optionalTime,
  })
  .meta({ id: 'Decision' });

const documentFields = {
  id: z.string(),
  kind: z.string(),
  key: z.string(),
  title: z.string(),
  at: z.date(),
  facets: z.record(z.string(), z.string()),
  decisions: z.array(decision),
};

const document = z
  .strictObject({
    ...documentFields,
    body: z.string(),
    storedAt: z.date(),
    data: z.unknown(),
    runId: z.string().nullable(),
  })
  .meta({ id: 'Document' });

const searchAnswer = z.strictObject({
  hits: z.array(z.strictObject({ ...documentFields, snippet: z.string(), score: z.number() })),
  total: z.int(),
  facets: z.record(z.string(), z.array(z.strictObject({ value: z.string(), count: z.int() }))),
  cursor: z.string().nullable(),
});

const decisionsAnswer = z.strictObject({
  decisions: z.array(decision),
  cursor: z.string().nullable(),
});

const byId = z.strictObject({ id: z.string().max(100) });

/** What jobs stored: documents, and decisions that a person may correct. */
export function searchRoutes(server: Server, { database }: Operated): void {
  server.get(
    '/search',
    {
      schema: {
        tags: ['documents'],
        summary: 'Find documents by words and facets, best first',
        querystring: search,
        ...answering({ 200: searchAnswer }),
      },
    },
    ({ query: { facet, ...rest }, actor }) =>
      searchDocuments(database, {
        ...rest,
        facets: Object.fromEntries(facet.map((pair) => splitOnce(pair))),
        within: actor.jobs,
      }),
  );

  server.get(
    '/documents/:id',
    {
      schema: {
        tags: ['documents'],
        summary: 'One document, with what was decided about it',
        params: byId,
        ...answering({ 200: document }),
      },
    },
    ({ params: { id }, actor }) => findDocument(database, id, actor.jobs),
  );

  server.get(
    '/decisions',
    {
      schema: {
        tags: ['decisions'],
        summary: 'List decisions, latest first',
        querystring: decisions,
        ...answering({ 200: decisionsAnswer }),
      },
    },
    ({ query, actor }) => listDecisions(database, { ...query, within: actor.jobs }),
  );

  server.post(
    '/decisions/:id/correct',
    {
      schema: {
        tags: ['decisions'],
        summary: 'Write down what a person says instead',
        params: byId,
        body: correction,
        ...answering({ 200: decision }),
      },
    },
    (request) => {
      const { id } = request.params;
      const by = nameOfActor(request.actor);
      return request
        .changing({
          resource: 'decision',
          ids: [id],
          tell: (corrected) => {
            const { question, answer, correctedAnswer } = corrected as Decision;
            return { before: { question, answer }, after: { question, answer: correctedAnswer } };
          },
        })
        .transaction((tx) => correctDecision(tx, { id, ...request.body, by }, request.actor.jobs));
    },
  );
}

function splitOnce(pair: string): [string, string] {
  const colon = pair.indexOf(':');
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}
