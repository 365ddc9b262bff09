import Fastify from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Operated, Server } from './operated.ts';
import { answerProblems } from './problem.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { dutyRoutes } from './routes/duties.ts';
import { queueRoutes } from './routes/queues.ts';
import { resultRoutes } from './routes/result.ts';
import { runRoutes } from './routes/runs.ts';
import { searchRoutes } from './routes/search.ts';

/** What is said in a body beside payloads is small. */
const leastBodyLimit = 10 * 1024 * 1024;

/** The API under `/api/v1`, not listening yet: over a socket, or by `inject` inside a process. */
export function buildServer(operated: Operated, onBug: (error: unknown) => void): Server {
  const server = Fastify({
    logger: false,
    bodyLimit: Math.max(leastBodyLimit, 2 * operated.catalogue.payloadLimit),
    forceCloseConnections: 'idle',
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  answerProblems(server, { payloadLimit: operated.catalogue.payloadLimit, onBug });
  const typed = server.withTypeProvider<ZodTypeProvider>();
  typed.get('/health/live', () => ({ alive: true, pid: process.pid }));
  for (const routes of [
    runRoutes,
    bulkRoutes,
    resultRoutes,
    catalogueRoutes,
    queueRoutes,
    dutyRoutes,
    searchRoutes,
  ])
    void typed.register(
      (scope) => Promise.resolve(routes(scope.withTypeProvider<ZodTypeProvider>(), operated)),
      {
        prefix: '/api/v1',
      },
    );
  return typed;
}
