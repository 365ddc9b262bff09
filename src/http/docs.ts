import swagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import { findGuard, open } from '../core/route-guards.ts';
import { renderDocs, style } from './docs-page.ts';
import type { Server } from './operated.ts';

/** The OpenAPI 3.1 description of every route that is registered after it, at `/docs` and `/docs/openapi.json`. */
export async function describeRoutes(server: Server): Promise<void> {
  const transform = createJsonSchemaTransform({});
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Nightshift',
        version: '1',
        description: 'Background jobs that do real work while people sleep, and never lose any.',
      },
      tags: tags.map(([name, description]) => ({ name, description })),
      components: { securitySchemes: { key: bearer } },
    },
    hideUntagged: true,
    transform: (document) => {
      const { schema, url } = transform(document) as Described;
      const method = String(document.route.method);
      const { needs } = findGuard(method, document.url) ?? open;
      const told = {
        operationId: nameOperation(method, url),
        security: needs === null ? [] : [{ key: [] }],
        response: describeAnswers(schema?.response),
      };
      return { schema: { ...schema, ...told }, url };
    },
    transformObject: createJsonSchemaTransformObject({}),
  });
  server.get('/docs/openapi.json', () => server.swagger());
  server.get('/docs/style.css', (_, reply) => reply.type('text/css; charset=utf-8').send(style));
  server.get('/docs', (_, reply) =>
    reply.type('text/html; charset=utf-8').send(renderDocs(server.swagger() as never)),
  );
}

const tags = [
  ['runs', 'Executions of jobs'],
  ['jobs', 'What can be run'],
  ['schedules', 'When jobs run by themselves'],
  ['queues', 'What waits to be run'],
  ['events', 'What runs wait for'],
  ['hooks', 'What other systems trigger'],
  ['workers', 'Processes that run jobs'],
  ['control', 'The control plane'],
  ['documents', 'What jobs stored'],
  ['decisions', 'What jobs judged'],
  ['keys', 'Who may ask'],
  ['audit', 'Who did what'],
  ['health', 'Whether a process does its work'],
] as const;

/** A route may have no schema at all. */
interface Described {
  readonly schema: FastifySchema | undefined;
  readonly url: string;
}

const bearer = {
  type: 'http',
  scheme: 'bearer',
  description: 'An API key: `nsk_…`. The roles that may ask for what are in docs/roles.md.',
} as const;

const meanings: Readonly<Record<string, string>> = {
  200: 'What was asked for.',
  201: 'It was made.',
  202: 'It is committed, and goes on by itself.',
  204: 'There is nothing to say.',
  503: 'It is not ready for it.',
};

/** What each answer is, where its schema does not say so. */
function describeAnswers(answers: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answers ?? {}).map(([status, answer]) => [
      status,
      { description: meanings[status], ...(answer as object) },
    ]),
  );
}

/** `GET /api/v1/runs/:id/logs` is `getRunsIdLogs`. */
function nameOperation(method: string, url: string): string {
  const words = url
    .replace('/api/v1', '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return (
    method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
  );
}
