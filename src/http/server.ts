import Fastify from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { type Door, guardRoutes } from './guard.ts';
import type { Operated, Server } from './operated.ts';
import { answerProblems } from './problem.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { dutyRoutes } from './routes/duties.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes, type Readiness } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { keyRoutes } from './routes/keys.ts';
import { queueRoutes } from './routes/queues.ts';
import { resultRoutes } from './routes/result.ts';
import { runRoutes } from './routes/runs.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { searchRoutes } from './routes/search.ts';

/** What a server is asked about the process it is in, and whom it tells of bugs. */
export interface ServerOptions {
  readiness(): Promise<Readiness>;
  onBug(error: unknown): void;
  /** True on the socket in the data folder, where nobody needs a key. */
  readonly isLocal?: boolean;
}

/** The API under `/api/v1` and health, not listening yet: over a socket or a port, or by `inject` inside a process. */
export function buildServer(operated: Operated, options: ServerOptions): Server {
  const { auth, database, catalogue } = operated;
  const door = { auth, database, isLocal: options.isLocal ?? false };
  const server = openServer(options, { door, payloadLimit: catalogue.payloadLimit });
  const all = [
    runRoutes,
    bulkRoutes,
    resultRoutes,
    catalogueRoutes,
    queueRoutes,
    eventRoutes,
    scheduleRoutes,
    dutyRoutes,
    searchRoutes,
    keyRoutes,
    hookRoutes,
  ];
  for (const routes of all)
    void server.register(
      (scope) => Promise.resolve(routes(scope.withTypeProvider<ZodTypeProvider>(), operated)),
      {
        prefix: '/api/v1',
      },
    );
  return server;
}

/** Health alone, for a process that serves no API. */
export function buildHealthServer(options: ServerOptions): Server {
  return openServer(options, { door: {}, payloadLimit: 0 });
}

/** What is said in a body beside payloads is small. */
const leastBodyLimit = 10 * 1024 * 1024;

function openServer(
  { readiness, onBug }: ServerOptions,
  { door, payloadLimit }: { readonly door: Door; readonly payloadLimit: number },
): Server {
  const server = Fastify({
    logger: false,
    bodyLimit: Math.max(leastBodyLimit, 2 * payloadLimit),
    forceCloseConnections: 'idle',
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  answerProblems(server, { payloadLimit, onBug });
  const typed = server.withTypeProvider<ZodTypeProvider>();
  guardRoutes(typed, door);
  healthRoutes(typed, readiness);
  return typed;
}
