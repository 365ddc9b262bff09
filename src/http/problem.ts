import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { FailureKind } from '../core/failures.ts';
import { formatBytes } from '../core/size.ts';
import { isConnectionLost } from '../db/index.ts';
import type { Refusal } from '../runtime/index.ts';
import { callerOf } from './caller.ts';
import { keepHints } from './hints.ts';

const statusOf: Record<FailureKind, number> = {
  invalid: 400,
  denied: 403,
  missing: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
  bug: 500,
};

/** An error as `application/problem+json` (RFC 9457) carries it, with our code and kind. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly kind: FailureKind;
  /** Of a batch: which runs cannot be accepted, and why. */
  readonly refused?: readonly Refusal[] | undefined;
}

type ShowProblem = (problem: Problem, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How a browser is shown what went wrong in a route of pages. */
    showProblem?: ShowProblem;
  }

  interface FastifyInstance {
    /** How it is shown that there is no such page, where there are pages. */
    showProblem?: ShowProblem;
  }
}

/** True for a browser that wants to show the answer to somebody. */
function wantsPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true;
}

/** Where the web has a status of its own for something. */
const statusOfCode: Partial<Record<string, number>> = {
  'payload.too_large': 413,
  'request.too_large': 413,
  'request.unfinished': 408,
  'request.headers': 431,
  'request.media': 415,
  'auth.required': 401,
  'auth.key_unknown': 401,
  'auth.key_expired': 401,
  'auth.key_revoked': 401,
  'auth.session_over': 401,
  'hook.too_large': 413,
  'hook.unsigned': 401,
  'hook.signature': 401,
  'hook.stale': 401,
};

/** Answers every error as a problem; what is not a `Failure` is a bug and tells nothing of itself. */
export function answerProblems(
  server: FastifyInstance,
  { onBug }: { onBug(error: unknown): void },
): void {
  server.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') await readToEnd(request);
    const isStranger = statusOfCode[error.code] === 401;
    const refusal = isStranger ? await server.countStranger?.(request, reply) : undefined;
    const found = keepWithin(toProblem(refusal ?? explain(error, request)), request);
    // A request that is refused at once has no actor yet.
    const problem = keepHints(found, (request.actor as FastifyRequest['actor'] | null)?.jobs);
    if (problem.kind === 'bug') onBug(error);
    const seconds = retryAfter(problem, refusal ?? error);
    if (seconds !== undefined && !reply.hasHeader('retry-after'))
      void reply.header('retry-after', seconds);
    const { showProblem } = request.routeOptions.config;
    if (showProblem && wantsPage(request)) return showProblem(problem, request, reply);
    return reply.status(problem.status).type('application/problem+json').send(problem);
  });
  server.setNotFoundHandler(answerMissing);
}

/** Where the servers behind this one are is no stranger's business. */
function keepWithin(problem: Problem, request: FastifyRequest): Problem {
  const isOfServer = problem.kind === 'unavailable' && /^(database|queue)\./.test(problem.code);
  if (!isOfServer || callerOf(request) !== '') return problem;
  return { ...problem, detail: 'This cannot be answered at the moment; try again soon.' };
}

/**
 * Answers for what there is no route for before its body is read, which Node then discards. As a plugin, it comes after
 * the hooks of the door, which count such a request.
 */
export function refuseUnknownRoutes(server: FastifyInstance): void {
  void server.register(
    fastifyPlugin((scope, _, done) => {
      scope.addHook('preParsing', async (request, reply) => {
        if (request.is404) await answerMissing(request, reply);
      });
      done();
    }),
  );
}

function answerMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { method, url, server } = request;
  const problem = problemOf('missing', 'route.missing', `There is no ${method} ${url}.`);
  if (server.showProblem && wantsPage(request)) return server.showProblem(problem, request, reply);
  return reply.status(404).type('application/problem+json').send(problem);
}

/** Answers what is wrong with a request before any route is found: an URL that cannot be read. */
export function answerUnreadable(
  error: FastifyError,
  _: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = toProblem(error);
  void reply.status(problem.status).type('application/problem+json').send(problem);
}

/** The faults of a body that are found before it is read. */
function explain(error: FastifyError, request: FastifyRequest): FastifyError | Failure {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const { failure = bodyTooLarge(request) } = error as { failure?: Failure };
    return failure;
  }
  if (error.code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return error;
  const type = (request.headers['content-type'] ?? 'nothing').slice(0, 100);
  return new Failure('request.media', { type }, error);
}

/** What a schema finds wrong, and where. */
export function faultsIn({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`)
    .join('; ');
}

export function toProblem(error: FastifyError | Failure): Problem {
  if (error instanceof Failure) {
    const problem = problemOf(error.kind, error.code, error.message);
    const { list } = error.details;
    return Array.isArray(list) ? { ...problem, refused: list as Problem['refused'] } : problem;
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(({ instancePath, message }) =>
      [instancePath.slice(1).replaceAll('/', '.'), message].filter(Boolean).join(': '),
    );
    return problemOf(
      'invalid',
      'request.invalid',
      `${error.validationContext}: ${faults.join('; ')}.`,
    );
  }
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { ...problemOf('invalid', 'request.invalid', error.message), status: error.statusCode };
  const known = fromDatabase(error);
  if (known) return known;
  return problemOf(
    'bug',
    'internal',
    'Something went wrong here; the log of the server tells more.',
  );
}

/** What Postgres says without a `Failure` around it: that it is away, or that it cannot store what was sent. */
function fromDatabase(error: Error & { readonly code?: string }): Problem | undefined {
  if (isConnectionLost(error))
    return problemOf(
      'unavailable',
      'database.unreachable',
      'The database went away; what was asked for may have happened. Try again.',
    );
  // SQLSTATE class 22: data exceptions, such as a number out of range.
  if (/^22[\dA-Z]{3}$/.test(error.code ?? ''))
    return problemOf(
      'invalid',
      'request.invalid',
      `Something in the request cannot be stored: ${error.message}.`,
    );
  return undefined;
}

/** Seconds after which it may be tried again, where that can help. */
function retryAfter({ kind }: Problem, error: unknown): number | undefined {
  if (kind === 'unavailable') return 5;
  if (kind !== 'limited') return undefined;
  const seconds =
    error instanceof Failure && error.code === 'request.rate' && error.details['seconds'];
  return typeof seconds === 'number' ? seconds : 1;
}

const patienceMs = 5000;

/** A connection that is closed while its client still sends loses the answer. Whoever sends for longer gets none. */
async function readToEnd({ raw }: FastifyRequest): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const timer = setTimeout(ended.resolve, patienceMs);
  for (const event of ['end', 'close', 'error']) raw.once(event, ended.resolve);
  raw.resume();
  await ended.promise;
  clearTimeout(timer);
}

function bodyTooLarge({ headers, routeOptions }: FastifyRequest): Failure {
  const length = headers['content-length'];
  return new Failure('request.too_large', {
    size: length === undefined ? 'more than that' : formatBytes(Number(length)),
    limit: formatBytes(routeOptions.bodyLimit),
  });
}

function problemOf(kind: FailureKind, code: string, detail: string): Problem {
  return { status: statusOfCode[code] ?? statusOf[kind], title: kind, detail, code, kind };
}
