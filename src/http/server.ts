// the types of summary and tags
import Fastify, { type FastifySerializerCompiler } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { auditRequests } from './audited.ts';
import { answerBroken } from './door/broken.ts';
import { isMetricsOpen } from './door/host.ts';
import type { DoorOptions } from './door/options.ts';
import { logEnds, markAnswers, nameRequest } from './door/request-log.ts';
import { followTls, readTls } from './door/tls.ts';
import { tagAnswers } from './etag.ts';
import { type Door, guardRoutes } from './guard.ts';
import { readJsonBodies } from './json-body.ts';
import type { Operated, Server } from './operated.ts';
import { answerInTime } from './patience.ts';
import { answerProblems, answerUnreadable, refuseUnknownRoutes } from './problem.ts';
import { tellEnds } from './request-end.ts';
import { type RequestListener, tagRequests, tellRequests, type Within } from './request-ids.ts';
import { auditRoutes } from './routes/audit.ts';
import { batchRoutes } from './routes/batch.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { dutyRoutes } from './routes/duties.ts';
import { eventRoutes } from './routes/events.ts';
import { type HealthSource, healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { keyRoutes } from './routes/keys.ts';
import { type Exposition, metricsRoute } from './routes/metrics.ts';
import { queueRoutes } from './routes/queues.ts';
import { resultRoutes } from './routes/result.ts';
import { acceptRoutes } from './routes/run-accept.ts';
import { runEventRoutes, type StreamOptions } from './routes/run-events.ts';
import { runRoutes } from './routes/runs.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { searchRoutes } from './routes/search.ts';
import { openRunWatch } from './run-watch.ts';

/** What a server is asked about the process it is in, whom it tells of bugs, and how it meets strangers. */
export interface ServerOptions extends HealthSource {
  /** Absent where nobody can scrape: a server of a command. */
  readonly metrics?: Exposition;
  readonly within?: Within;
  readonly tracer?: RequestListener | undefined;
  onBug(error: unknown): void;
  /** True on the socket in the data folder, where nobody needs a key. */
  readonly isLocal?: boolean;
  readonly streams?: Omit<StreamOptions, 'watch'>;
  /** For a server that listens on a port; without it only this machine's own programs reach it. */
  readonly door?: DoorOptions;
}

type Routes = (scope: Server, operated: Operated) => void;

/** The API under `/api/v1` and health, not listening yet: over a socket or a port, or by `inject` inside a process. */
export function buildServer(operated: Operated, options: ServerOptions): Server {
  const { auth, catalogue, database } = operated;
  const guard = { auth, audit: operated.audit, database, isLocal: options.isLocal ?? false };
  const server = openServer(options, { guard, payloadLimit: catalogue.payloadLimit });
  if (options.door)
    void server.register(
      fastifyPlugin(async (scope: Server) => (await import('./docs.ts')).describeRoutes(scope)),
    );
  if (options.door) addPages(server, operated);
  const watch = openRunWatch(database);
  server.addHook('onClose', () => Promise.resolve(watch.close()));
  addRoutes(server, '', outside(options));
  addRoutes(server, '/api/v1', [
    (scope) => acceptRoutes(scope, operated, watch),
    (scope) => runRoutes(scope, operated, watch),
    (scope) => runEventRoutes(scope, operated, { watch, ...options.streams }),
    ...apiRoutes.map(
      (routes): Scoped =>
        (scope) =>
          routes(scope, operated),
    ),
  ]);
  return server;
}

/** Loaded where a browser can come, and nowhere else. */
function addPages(server: Server, operated: Operated): void {
  void server.register(async (scope) => {
    const { pageRoutes, showProblem } = await import('./pages/pages.ts');
    server.decorate('showProblem', showProblem);
    pageRoutes(scope.withTypeProvider<ZodTypeProvider>(), operated);
  });
}

const apiRoutes: readonly Routes[] = [
  batchRoutes,
  bulkRoutes,
  resultRoutes,
  catalogueRoutes,
  queueRoutes,
  eventRoutes,
  scheduleRoutes,
  dutyRoutes,
  searchRoutes,
  keyRoutes,
  auditRoutes,
  hookRoutes,
];

/** Health and metrics alone, for a process that serves no API; with the keys of `guard` where metrics ask for one. */
export function buildHealthServer(
  options: ServerOptions,
  guard: Pick<Door, 'auth' | 'database'> = {},
): Server {
  const server = openServer(options, { guard, payloadLimit: 0 });
  addRoutes(server, '', outside(options));
  return server;
}

type Scoped = (scope: Server) => void;

/** The routes that need no key, or not everywhere. */
function outside({ metrics, ...options }: ServerOptions): Scoped[] {
  return [
    (scope) => healthRoutes(scope, options),
    ...(metrics ? [(scope: Server) => metricsRoute(scope, metrics)] : []),
  ];
}

function addRoutes(server: Server, prefix: string, all: readonly Scoped[]): void {
  for (const routes of all)
    void server.register(
      (scope) => Promise.resolve(routes(scope.withTypeProvider<ZodTypeProvider>())),
      { prefix },
    );
}

/** What is said in a body beside payloads is small. */
const leastBodyLimit = 10 * 1024 * 1024;

function openServer(
  options: ServerOptions,
  { guard, payloadLimit }: { readonly guard: Door; readonly payloadLimit: number },
): Server {
  const { door, onBug, within, tracer } = options;
  const server = Fastify({
    logger: false,
    bodyLimit: Math.max(leastBodyLimit, 2 * payloadLimit),
    forceCloseConnections: 'idle',
    genReqId: nameRequest,
    frameworkErrors: answerUnreadable,
    clientErrorHandler: answerBroken,
    routerOptions: { maxParamLength: 2000 },
    ...(door && transportOf(door)),
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(checkAnswers(onBug));
  readJsonBodies(server);
  tagRequests(server, within);
  markAnswers(server);
  tellEnds(server, [
    ...(tracer ? [tellRequests(server, tracer)] : []),
    ...(door?.onRequest ? [logEnds(door.onRequest)] : []),
  ]);
  tagAnswers(server);
  answerProblems(server, { onBug });
  if (door)
    void server.register(
      fastifyPlugin(async (scope) => {
        const { guardDoor } = await import('./door/door.ts');
        await guardDoor(scope, door);
      }),
    );
  refuseUnknownRoutes(server);
  if (door) answerInTime(server, door.handlerMs);
  guardRoutes(server.withTypeProvider<ZodTypeProvider>(), {
    ...guard,
    isMetricsOpen: door === undefined || isMetricsOpen(door),
  });
  if (guard.audit)
    auditRequests(server.withTypeProvider<ZodTypeProvider>(), { audit: guard.audit, onBug });
  if (door?.tls) {
    const unfollow = followTls(server.server as never, door.tls, {
      everyMs: door.tlsCheckMs ?? 10_000,
      onError: onBug,
    });
    server.addHook('onClose', () => Promise.resolve(unfollow()));
  }
  return server.withTypeProvider<ZodTypeProvider>();
}

/** An answer that is not as it is described is a bug that is told of; whoever asked gets it all the same. */
function checkAnswers(onBug: (error: unknown) => void): FastifySerializerCompiler<z.ZodType> {
  return (route) => {
    const check = serializerCompiler(route);
    return (answer) => {
      try {
        return check(answer);
      } catch (error) {
        onBug(error);
        return JSON.stringify(answer);
      }
    };
  };
}

/** Whoever sends slowly, or for ever, loses the connection. */
function transportOf(door: DoorOptions): object {
  const { headersMs = 10_000, requestMs = 30_000, checkMs = 5000, trustedProxies, tls } = door;
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
    maxHeaderSize: 16 * 1024,
  };
  return {
    requestTimeout: requestMs,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    ...(tls ? { https: { ...limits, ...readTls(tls) } } : { http: limits }),
  };
}
