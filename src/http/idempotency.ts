import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Change } from '../audit/index.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { cleanJson } from '../core/clean.ts';
import { Failure } from '../core/errors.ts';
import type { TransactionalSql } from '../core/sql.ts';
import type { RequestKey } from '../ledger/index.ts';
import { doOnce, type Once } from '../runtime/index.ts';
import { callerOf } from './caller.ts';

/** The header, for the routes that understand it. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .optional()
    .describe(
      'Carries the request out once in 24 h, however often it is sent: 1 to 255 visible ASCII characters, such as a UUID.',
    )
    .meta({ examples: ['order-4711'] }),
});

/** What the request's Idempotency-Key stands for, or undefined without one. Throws `idempotency.key`. */
export function readRequestKey(request: FastifyRequest): RequestKey | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new Failure('idempotency.key', { fault: faultOf(key) });
  return { caller: callerOf(request), key, request: hashOf(request) };
}

function faultOf(key: string | readonly string[]): string {
  if (typeof key !== 'string') return 'came more than once';
  if (key === '') return 'is empty';
  return key.length > 255 ? `has ${key.length} characters` : 'has a character that is not visible';
}

/** What is asked, whatever the order of its keys; how long to wait for the answer is no part of it. */
function hashOf({ method, routeOptions, params, body }: FastifyRequest): string {
  const asked = [method, routeOptions.url, params, body ?? null];
  const text = canonicalJson(JSON.parse(cleanJson(asked)));
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * The database of a change that is made once for all requests with the key of this one: its transaction answers again,
 * as JSON has it, what it answered then, and leaves no second entry in the audit log.
 */
export function changingOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  change: Omit<Change, 'action'>,
): TransactionalSql {
  const { tell } = change;
  const writing = request.changing({
    ...change,
    tell: (made) => {
      const { answer, replayed } = made as Once<unknown>;
      if (replayed) return undefined;
      return tell ? tell(answer) : {};
    },
  });
  const key = readRequestKey(request);
  return {
    query: (...asked) => writing.query(...asked),
    async transaction(work) {
      const { answer, replayed } = await doOnce(writing, key, work);
      markReplayed(reply, replayed);
      return answer;
    },
  };
}

/** Says with the answer that it is one that was given before. */
export function markReplayed(reply: FastifyReply, replayed: boolean | undefined): void {
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
}
