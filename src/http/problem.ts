import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { Failure } from '../core/errors.ts';
import type { FailureKind } from '../core/failures.ts';
import { formatBytes } from '../core/size.ts';

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
}

/** Where the web has a status of its own for something. */
const statusOfCode: Partial<Record<string, number>> = {
  'payload.too_large': 413,
  'auth.required': 401,
  'auth.key_unknown': 401,
  'auth.key_expired': 401,
  'auth.key_revoked': 401,
  'hook.too_large': 413,
  'hook.unsigned': 401,
  'hook.signature': 401,
  'hook.stale': 401,
};

/** Answers every error as a problem; what is not a `Failure` is a bug and tells nothing of itself. */
export function answerProblems(
  server: FastifyInstance,
  { payloadLimit, onBug }: { readonly payloadLimit: number; onBug(error: unknown): void },
): void {
  server.setErrorHandler(async (error: FastifyError, request, reply) => {
    const isTooLarge = error.code === 'FST_ERR_CTP_BODY_TOO_LARGE';
    if (isTooLarge) await readToEnd(request);
    const { failure = bodyTooLarge(request, payloadLimit) } = error as { failure?: Failure };
    const problem = toProblem(isTooLarge ? failure : error);
    if (problem.kind === 'bug') onBug(error);
    return reply.status(problem.status).type('application/problem+json').send(problem);
  });
  server.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .type('application/problem+json')
      .send(problemOf('missing', 'route.missing', `There is no ${request.method} ${request.url}.`)),
  );
}

function toProblem(error: FastifyError | Failure): Problem {
  if (error instanceof Failure) return problemOf(error.kind, error.code, error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(
      ({ instancePath, message }) =>
        `${instancePath.slice(1).replaceAll('/', '.') || 'body'}: ${message}`,
    );
    return problemOf(
      'invalid',
      'request.invalid',
      `${error.validationContext}: ${faults.join('; ')}.`,
    );
  }
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { ...problemOf('invalid', 'request.invalid', error.message), status: error.statusCode };
  return problemOf(
    'bug',
    'internal',
    'Something went wrong here; the log of the server tells more.',
  );
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

function bodyTooLarge({ headers }: FastifyRequest, limit: number): Failure {
  const length = headers['content-length'];
  return new Failure('payload.too_large', {
    job: 'the request',
    size: length === undefined ? 'too much' : formatBytes(Number(length)),
    limit: formatBytes(limit),
  });
}

function problemOf(kind: FailureKind, code: string, detail: string): Problem {
  return { status: statusOfCode[code] ?? statusOf[kind], title: kind, detail, code, kind };
}
