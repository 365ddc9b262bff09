import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Audit } from '../audit/index.ts';
import { type Auth, exceeded, type Taken } from '../auth/index.ts';
import { type Actor, nobody } from '../core/actor.ts';
import { Failure } from '../core/errors.ts';
import type { Permission } from '../core/permissions.ts';
import { findGuard, open, permissionsOf, type RouteGuard } from '../core/route-guards.ts';
import type { Sql } from '../core/sql.ts';
import { cameByConnection, readOperator } from './caller.ts';
import { holdToJobs, keepToJobs, whoIs } from './job-limits.ts';
import type { Server } from './operated.ts';
import { isChange, isFromOwnPage } from './origin.ts';
import { hiddenFrom, redact } from './redaction.ts';
import { readSession } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; `nobody` where no key is needed. */
    actor: Actor;
    /** The line of its route in the table of guards; none where there is no such route, and before it is held to it. */
    guard: RouteGuard | undefined;
    /** Whether who asks has a permission. */
    may(permission: Permission): boolean;
  }
}

/** Who is let in, and by what. */
export interface Door {
  /** Left out where nothing needs a key. */
  readonly auth?: Auth;
  /** Left out where nothing is written down: a server that only tells of its health. */
  readonly audit?: Audit;
  /** Where a run's job is looked up. */
  readonly database?: Sql;
  /** True on the socket in the data folder: whoever may open that may do everything, and needs no key. */
  readonly isLocal?: boolean;
  /** True where nobody is asked for a key for the metrics. */
  readonly isMetricsOpen?: boolean;
}

/**
 * Holds every route that is added from now on to its line in the table of guards: without one, adding it throws
 * `route.unguarded`. A request asks for its key before its body is read.
 */
export function guardRoutes(server: Server, door: Door): void {
  const { auth } = door;
  server.decorateRequest('actor', null as unknown as Actor);
  server.decorateRequest('guard', undefined);
  server.decorateRequest('may', function may(this: FastifyRequest, permission: Permission) {
    return this.actor.kind === 'local' || (auth?.roles.may(this.actor, permission) ?? false);
  });
  server.addHook('onRoute', (route) => {
    for (const method of [route.method].flat())
      if (!findGuard(method, route.url))
        throw new Failure('route.unguarded', { route: `${method} ${route.url}` });
  });
  // As a plugin, they come after those of the door, whose headers go with refusals, too.
  void server.register(
    fastifyPlugin((scope: Server, _, done) => {
      holdRequests(scope, door);
      done();
    }),
  );
}

function holdRequests(server: Server, door: Door): void {
  server.addHook('onRequest', async (request, reply) => {
    const guard = guardOf(request, door);
    request.guard = guard;
    request.actor = guard?.needs ? await identify(door, request, reply) : nobody;
    if (guard?.page) requireOwnPage(door, request);
    if (guard?.needs && !permissionsOf(guard).some((needed) => request.may(needed)))
      throw denied(door, request, permissionsOf(guard)[0]!);
    if (guard?.reveals && !request.may('payload:reveal'))
      throw denied(door, request, 'payload:reveal');
  });
  server.addHook('preHandler', async (request) => {
    const { guard } = request;
    if (!guard?.needs) return;
    const needed = neededFor(guard, request);
    if (!request.may(needed)) throw denied(door, request, needed);
    if (door.database) await holdToJobs(door.database, request, guard);
  });
  server.addHook('preSerialization', async (request, reply, answer: unknown) => {
    const { guard } = request;
    if (!guard?.needs || reply.statusCode >= 400) return answer;
    const kept = keepToJobs(answer, request.actor.jobs, guard);
    const hides = guard.shows && hiddenFrom(request);
    return hides ? redact(kept, hides) : kept;
  });
}

function guardOf(
  { is404, method, routeOptions }: FastifyRequest,
  { isMetricsOpen }: Door,
): RouteGuard | undefined {
  const found = is404 ? undefined : findGuard(method, routeOptions.url ?? '');
  return found?.mayBeOpen && isMetricsOpen ? open : found;
}

/**
 * A key that is sent counts, on whichever door. Without one only those come in who are on this machine already, and
 * to pages those who have a session.
 */
async function identify(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<Actor> {
  const { auth } = door;
  const { authorization } = request.headers;
  if (authorization === undefined && isHere(door, request)) return readOperator(request);
  if (!auth) throw new Failure('auth.required', {});
  const spent = request.server.refuseSpent?.(request, reply);
  if (spent && !auth.remembers(authorization)) throw spent;
  try {
    const { actor, rate } =
      authorization === undefined && request.guard?.page
        ? await auth.resume(readSession(request))
        : await auth.authenticate(authorization);
    tellRate(reply, rate);
    if (!rate.isAllowed) throw exceeded(actor, rate);
    return actor;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'denied')
      void reply.header('www-authenticate', challengeOf(error));
    throw error;
  }
}

/** A browser sends its cookie along with whatever any page asks for: what changes something has to come from ours. */
function requireOwnPage(door: Door, request: FastifyRequest): void {
  if (request.headers.authorization !== undefined || isHere(door, request)) return;
  if (isChange(request) && !isFromOwnPage(request))
    throw new Failure('request.forged', {
      origin: request.headers.origin?.slice(0, 200) ?? 'nowhere known',
    });
}

/** True for whoever is on this machine already, and needs no key. */
function isHere({ isLocal = false }: Door, request: FastifyRequest): boolean {
  return isLocal || !cameByConnection(request);
}

/** As RFC 6750 has it: a key that was sent and is no good is told apart from none. */
function challengeOf({ code }: Failure): string {
  const realm = 'Bearer realm="nightshift"';
  return code === 'auth.required' ? realm : `${realm}, error="invalid_token"`;
}

function tellRate(reply: FastifyReply, { isAllowed, limit, remaining, resetMs }: Taken): void {
  void reply.headers({
    'ratelimit-policy': `${limit};w=60`,
    'ratelimit-limit': limit,
    'ratelimit-remaining': remaining,
    'ratelimit-reset': toSeconds(resetMs),
    ...(!isAllowed && { 'retry-after': toSeconds(resetMs) }),
  });
}

function toSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** Where the action says which permission it is, a body without one is refused by its schema before. */
function neededFor(guard: RouteGuard, { body }: FastifyRequest): Permission {
  const { action } = (body ?? {}) as { action?: string };
  const { needs } = guard;
  if (typeof needs === 'string' || needs === null) return permissionsOf(guard)[0]!;
  return needs[action ?? ''] ?? permissionsOf(guard)[0]!;
}

function denied(
  { auth }: Door,
  { method, routeOptions, actor }: FastifyRequest,
  permission: Permission,
): Failure {
  return new Failure('auth.denied', {
    route: `${method} ${routeOptions.url}`,
    permission,
    role: actor.role,
    who: whoIs(actor),
    roles: auth?.roles.having(permission).join(', ') ?? '',
  });
}
