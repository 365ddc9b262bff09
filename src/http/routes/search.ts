import { z } from 'zod';
import {
  correctDecision,
  findDocument,
  listDecisions,
  searchDocuments,
} from '../../documents/index.ts';
import type { Operated, Server } from '../operated.ts';

const search = z.object({
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

const decisions = z.object({
  kind: z.string().optional(),
  question: z.string().optional(),
  answer: z.string().optional(),
  isCorrected: z.stringbool().optional(),
  confidenceBelow: z.coerce.number().min(0).max(1).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().optional(),
});

const correction = z.strictObject({ answer: z.string(), by: z.string() });

/** What jobs stored: documents, and decisions that a person may correct. */
export function searchRoutes(server: Server, { database }: Operated): void {
  server.get('/search', { schema: { querystring: search } }, ({ query: { facet, ...rest } }) =>
    searchDocuments(database, {
      ...rest,
      facets: Object.fromEntries(facet.map((pair) => splitOnce(pair))),
    }),
  );

  server.get(
    '/documents/:id',
    { schema: { params: z.object({ id: z.string() }) } },
    ({ params: { id } }) => findDocument(database, id),
  );

  server.get('/decisions', { schema: { querystring: decisions } }, ({ query }) =>
    listDecisions(database, query),
  );

  server.post(
    '/decisions/:id/correct',
    { schema: { params: z.object({ id: z.string() }), body: correction } },
    ({ params: { id }, body }) => correctDecision(database, { id, ...body }),
  );
}

function splitOnce(pair: string): [string, string] {
  const colon = pair.indexOf(':');
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}
