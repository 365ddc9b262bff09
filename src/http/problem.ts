import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { Failure } from '../core/errors.ts';
import type { FailureKind } from '../core/failures.ts';
import { formatBytes } from '../core/size.ts';
import type { Refusal } from '../runtime/index.ts';

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

/** Where the web has a status of its own for something. */
const statusOfCode: Partial<Record<string, number>> = { 'payload.too_large': 413 };

/** Answers every error as a problem; what is not a `Failure` is a bug and tells nothing of itself. */
export function answerProblems(
  server: FastifyInstance,
  { payloadLimit, onBug }: { readonly payloadLimit: number; onBug(error: unknown): void },
): void {
  server.setErrorHandler(async (error: FastifyError, request, reply) => {
    const isTooLarge = error.code === 'FST_ERR_CTP_BODY_TOO_LARGE';
    if (isTooLarge) await readToEnd(request);
    const problem = toProblem(isTooLarge ? bodyTooLarge(request, payloadLimit) : error);
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

/** What a schema finds wrong, and where. */
export function faultsIn({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`)
    .join('; ');
}

function toProblem(error: FastifyError | Failure): Problem {
  if (error instanceof Failure) {
    const problem = problemOf(error.kind, error.code, error.message);
    const { list } = error.details;
    return Array.isArray(list) ? { ...problem, refused: list as Problem['refused'] } : problem;
  }
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
