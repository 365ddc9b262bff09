import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Audit, Change } from '../audit/index.ts';
import { type Actor, nobody } from '../core/actor.ts';
import type { Author } from '../core/audit.ts';
import { cleanText } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
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
    /** Says that the answer shows these runs or schedules: that is written down before it is sent. */
    willShow(answer: unknown): void;
    /** Writes a failure down that says no to somebody, where the request as a whole goes on. */
    tellRefused(failure: Failure): void;
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
  const shown = new WeakMap<FastifyRequest, readonly string[]>();
  server.decorateRequest('author', function author(this: FastifyRequest) {
    written.add(this);
    return authorOf(this);
  });
  server.decorateRequest('changesNothing', function changesNothing(this: FastifyRequest) {
    written.add(this);
  });
  server.decorateRequest('willShow', function willShow(this: FastifyRequest, answer) {
    shown.set(this, [...shownIn(answer, this.actor)]);
  });
  server.decorateRequest('tellRefused', function tellRefused(this: FastifyRequest, failure) {
    const { code } = failure;
    const details = detailsOf(failure, this);
    audit.refuse({ ...authorOf(this), code, asked: routeOf(this), details });
  });
  server.decorateRequest('changing', function changing(this: FastifyRequest, change) {
    return audit.during(this.author(), { action: this.guard!.audits!, ...change });
  });
  void server.register(
    fastifyPlugin((scope: Server, _, done) => {
      scope.addHook('onError', async (request, _reply, error) => {
        written.add(request); // whatever it changed is told, and else it changed nothing
        if (isRefusal(error)) request.tellRefused(error);
      });
      scope.addHook('preSerialization', async (request, reply, answer: unknown) => {
        const isShown = reply.statusCode < 400 && request.guard?.shows;
        if (isShown && request.may('payload:reveal')) request.willShow(answer);
        return answer;
      });
      scope.addHook('onSend', async (request, reply) => {
        if (reply.statusCode >= 300) return; // 304 as well: it shows nothing
        const { id = '' } = request.params as { id?: string };
        const ids = request.guard?.reveals ? [id] : (shown.get(request) ?? []);
        if (ids.length > 0) await tellRevealed(audit, request, ids);
      });
      scope.addHook('onResponse', async (request, reply) => {
        const isChange = request.guard?.audits !== undefined && reply.statusCode < 400;
        if (isChange && !written.has(request))
          onBug(new Failure('audit.missing', { route: routeOf(request) }));
      });
      done();
    }),
  );
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

/** True for a failure that says no to somebody, as opposed to one that says that something is wrong. */
function isRefusal(error: Error): error is Failure {
  if (!(error instanceof Failure)) return false;
  return error.kind === 'denied' || limits.has(error.code) || error.details['isBeyond'] === true;
}

const limits: ReadonlySet<string> = new Set(['auth.rate_limited', 'request.rate']);

/** What exactly was asked for, and what it lacked. */
function detailsOf({ details }: Failure, { params }: FastifyRequest): Record<string, unknown> {
  const { permission, prefix } = details;
  return {
    ...(Object.keys(params ?? {}).length > 0 && { params }),
    ...(permission !== undefined && { permission }),
    ...(prefix !== undefined && { prefix }),
  };
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

/** What an answer may show: runs, and schedules. */
interface Shown {
  readonly id?: string;
  readonly name?: string;
  readonly acceptedBy?: Pick<Actor, 'kind' | 'id' | 'name'> | null;
  readonly replayOf?: string | null;
  readonly payload?: unknown;
  readonly result?: unknown;
  readonly steps?: readonly { readonly result?: unknown }[];
}

/** The ids of what is shown with its payload or result, but for runs that whoever looks has enqueued. */
function* shownIn(answer: unknown, actor: Actor): Generator<string> {
  if (Array.isArray(answer)) for (const item of answer) yield* shownIn(item, actor);
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return;
  const shown = answer as Shown;
  const called = shown.acceptedBy === undefined ? shown.name : shown.id;
  if (called === undefined)
    for (const item of Object.values(answer)) {
      if (Array.isArray(item)) yield* shownIn(item, actor);
    }
  else if (hasContent(shown) && !isOwn(shown, actor)) yield called;
}

function hasContent({ payload, result, steps = [] }: Shown): boolean {
  const contents = [payload, result, ...steps.map((step) => step.result)];
  return contents.some((content) => content !== null && content !== undefined);
}

/** A replay has the payload of another's run. */
function isOwn({ acceptedBy, replayOf }: Shown, { kind, id, name }: Actor): boolean {
  if (!acceptedBy || replayOf) return false;
  return acceptedBy.kind === kind && acceptedBy.id === id && acceptedBy.name === name;
}
