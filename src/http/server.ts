import type {} from '@fastify/swagger'; // the types of summary and tags
import Fastify from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { nobody } from './caller.ts';
import { tagAnswers } from './etag.ts';
import type { Operated, Server } from './operated.ts';
import { answerProblems } from './problem.ts';
import { batchRoutes } from './routes/batch.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { dutyRoutes } from './routes/duties.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes, type Readiness } from './routes/health.ts';
import { queueRoutes } from './routes/queues.ts';
import { resultRoutes } from './routes/result.ts';
import { acceptRoutes } from './routes/run-accept.ts';
import { runEventRoutes, type StreamOptions } from './routes/run-events.ts';
import { runRoutes } from './routes/runs.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { searchRoutes } from './routes/search.ts';
import { openRunWatch } from './run-watch.ts';

/** What a server is asked about the process it is in, and whom it tells of bugs. */
export interface ServerOptions {
  readiness(): Promise<Readiness>;
  onBug(error: unknown): void;
  readonly streams?: Omit<StreamOptions, 'watch'>;
}

type Routes = (scope: Server, operated: Operated) => void;

/** What the routes act on; without `callerOf` nobody is recognised. */
type Given = Omit<Operated, 'callerOf'> & Partial<Pick<Operated, 'callerOf'>>;

/** The API under `/api/v1` and health, not listening yet: over a socket or a port, or by `inject` inside a process. */
export function buildServer(given: Given, options: ServerOptions): Server {
  const operated: Operated = { callerOf: nobody, ...given };
  const server = openServer(options, operated.catalogue.payloadLimit);
  const watch = openRunWatch(operated.database);
  server.addHook('onClose', () => Promise.resolve(watch.close()));
  const all: Routes[] = [
    (scope) => acceptRoutes(scope, operated, watch),
    (scope) => runRoutes(scope, operated, watch),
    (scope) => runEventRoutes(scope, operated, { watch, ...options.streams }),
    batchRoutes,
    bulkRoutes,
    resultRoutes,
    catalogueRoutes,
    queueRoutes,
    eventRoutes,
    scheduleRoutes,
    dutyRoutes,
    searchRoutes,
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
  return openServer(options, 0);
}

/** What is said in a body beside payloads is small. */
const leastBodyLimit = 10 * 1024 * 1024;

function openServer({ readiness, onBug }: ServerOptions, payloadLimit: number): Server {
  const server = Fastify({
    logger: false,
    bodyLimit: Math.max(leastBodyLimit, 2 * payloadLimit),
    forceCloseConnections: 'idle',
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  tagAnswers(server);
  answerProblems(server, { payloadLimit, onBug });
  const typed = server.withTypeProvider<ZodTypeProvider>();
  healthRoutes(typed, readiness);
  return typed;
}
