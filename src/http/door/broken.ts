import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Failure } from '../../core/errors.ts';
import { type Problem, toProblem } from '../problem.ts';

/**
 * Answers for a request that never became one, as a problem, too: Node reads it no further, and the connection ends. One
 * whose client is gone gets nothing.
 */
export function answerBroken(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
  const problem = toProblem(failureOf(error));
  socket.end(written(problem), () => socket.destroy(error));
}

function failureOf(error: Error & { readonly code?: string }): Failure {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Failure('request.unfinished', {}, error);
  if (error.code === 'HPE_HEADER_OVERFLOW') return new Failure('request.headers', {}, error);
  return new Failure('request.unreadable', { reason: error.message }, error);
}

function written(problem: Problem): string {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
