import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Audit, Change } from '../audit/index.ts';
import { type Actor, nobody } from '../core/actor.ts';
import type { Author } from '../core/audit.ts';
import { cleanText } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import { findGuard, type RouteGuard } from '../core/route-guards.ts';
import type { TransactionalSql } from '../core/sql.ts';
import { cameByConnection } from './caller.ts';
import type { Server } from './operated.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, and whence, for a change that the audit log is to tell of. */
    author(): Author;
    /**
     * The database for the change that the route makes: the entry, whose action the table of guards names, is
     * committed with it.
     */
    changing(change: Omit<Change, 'action'>): TransactionalSql;
    /** Writes down what `answer` shows of runs; resolves once that is committed, and it may be sent. */
    tellShown(answer: unknown): Promise<void>;
    /** Says that the request, though the route changes things, does not: a dry run. */
    changesNothing(): void;
  }
}

/**
 * Gives requests what they need to be written down, writes down who was refused, and who saw payloads before they
 * are sent. A route that changes something and leaves no entry is a bug that is told of.
 */
export function auditRequests(
  server: Server,
  { audit, onBug }: { readonly audit: Audit; onBug(error: unknown): void },
): void {
  const written = new WeakSet<FastifyRequest>();
  server.decorateRequest('author', function author(this: FastifyRequest) {
    written.add(this);
    return authorOf(this);
  });
  server.decorateRequest('changesNothing', function changesNothing(this: FastifyRequest) {
    written.add(this);
  });
  server.decorateRequest('tellShown', async function tellShown(this: FastifyRequest, answer) {
    const ids = [...shownIn(answer, this.actor)];
    if (ids.length > 0) await tellRevealed(audit, this, ids);
  });
  server.decorateRequest('changing', function changing(this: FastifyRequest, change) {
    const { audits } = guardOf(this)!;
    return audit.during(this.author(), { action: audits!, ...change });
  });
  void server.register(
    fastifyPlugin((scope: Server, _, done) => {
      scope.addHook('onError', async (request, _reply, error) => {
        written.add(request); // what failed changed nothing
        const code = refusalOf(error);
        if (code !== undefined)
          audit.refuse({ ...authorOf(request), code, asked: routeOf(request) });
      });
      scope.addHook('preSerialization', async (request, reply, answer: unknown) => {
        const isShown = reply.statusCode < 400 && guardOf(request)?.shows;
        if (isShown && request.may('payload:reveal')) await request.tellShown(answer);
        return answer;
      });
      scope.addHook('onSend', async (request, reply) => {
        const guard = guardOf(request);
        if (guard?.needs !== 'payload:reveal' || reply.statusCode >= 400) return;
        const { id } = request.params as { id: string };
        await tellRevealed(audit, request, [id]);
      });
      scope.addHook('onResponse', async (request, reply) => {
        const isChange = guardOf(request)?.audits !== undefined && reply.statusCode < 400;
        if (isChange && !written.has(request))
          onBug(new Failure('audit.missing', { route: routeOf(request) }));
      });
      done();
    }),
  );
}

function guardOf({ is404, method, routeOptions }: FastifyRequest): RouteGuard | undefined {
  return is404 ? undefined : findGuard(method, routeOptions.url ?? '');
}

function routeOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? 'unknown'}`;
}

function authorOf(request: FastifyRequest): Author {
  const { id, headers, ip } = request;
  // A request that was refused at once has no actor yet.
  const { jobs: _, ...actor } = (request.actor as Actor | null) ?? nobody;
  const agent = headers['user-agent'];
  if (actor.kind === 'local') return { actor, origin: { via: 'command', request: id } };
  return {
    actor,
    origin: {
      via: cameByConnection(request) ? 'http' : 'command',
      request: id,
      address: ip,
      ...(agent !== undefined && { agent: cleanText(agent.slice(0, 200)) }),
    },
  };
}

/** The code of a failure that says no to somebody, as opposed to one that says that something is wrong. */
function refusalOf(error: Error): string | undefined {
  if (!(error instanceof Failure)) return undefined;
  const isRefusal = error.kind === 'denied' || error.code === 'auth.rate_limited';
  return isRefusal ? error.code : undefined;
}

async function tellRevealed(
  audit: Audit,
  request: FastifyRequest,
  ids: readonly string[],
): Promise<void> {
  await audit.write({
    ...authorOf(request),
    action: 'payload.revealed',
    outcome: 'revealed',
    resource: resourceOf(routeOf(request)),
    ids,
    details: { route: routeOf(request) },
  });
}

function resourceOf(route: string): string {
  if (route.includes('/hooks/')) return 'delivery';
  return route.includes('/schedules') ? 'schedule' : 'run';
}

/** The ids of what is shown with its payload or result, but for runs that whoever looks has enqueued. */
function* shownIn(answer: unknown, actor: Actor): Generator<string> {
  if (Array.isArray(answer)) for (const item of answer) yield* shownIn(item, actor);
  if (typeof answer !== 'object' || answer === null || answer instanceof Date) return;
  const shown = answer as Record<string, unknown>;
  const { id, name } = shown;
  const called = id ?? name;
  const { acceptedBy } = shown as { acceptedBy?: Actor | null };
  const isOwn = acceptedBy?.kind === actor.kind && acceptedBy.id === actor.id;
  if (typeof called === 'string' && hasContent(shown)) {
    if (!isOwn) yield called;
  } else
    for (const item of Object.values(shown)) if (Array.isArray(item)) yield* shownIn(item, actor);
}

function hasContent({ payload, result }: Record<string, unknown>): boolean {
  return (payload ?? result ?? null) !== null;
}
