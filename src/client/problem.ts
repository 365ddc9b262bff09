import type { FailureCode } from '../core/errors.ts';
import type { FailureKind } from '../core/failures.ts';

/** The code of a problem: one that the server's list of errors has, or one that a newer server says. */
export type ProblemCode =
  | FailureCode
  | 'request.invalid'
  | 'route.missing'
  | 'internal'
  | (string & {});

/** A problem as the server answers it (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: ProblemCode;
  readonly kind: FailureKind | (string & {});
  /** In a sentence: what is wrong, where, and what to do. */
  readonly detail: string;
  /** Of a batch: which runs cannot be accepted, and why. */
  readonly refused?: readonly Refused[];
}

/** A run of a batch that was not accepted. */
export interface Refused {
  readonly index: number;
  readonly code: ProblemCode;
  readonly detail: string;
}

/** What went wrong with a call: the server said so, it did not answer, or it took too long. */
export class NightshiftError extends Error {
  /** The server's code, or `client.unreachable`, `client.timeout`, `client.answer` or `client.argument`. */
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NightshiftError';
    this.code = code;
  }
}

/** The server refused: `code` and `problem` say what and why. */
export class ProblemError extends NightshiftError {
  readonly status: number;
  readonly problem: Problem;
  /** How long the server asks to be left alone, where it does. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.code, problem.detail);
    this.name = 'ProblemError';
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** True when `error` is what the server, or this client, calls `code`. */
export function isProblem(error: unknown, code: ProblemCode): error is NightshiftError {
  return error instanceof NightshiftError && error.code === code;
}

/** The problem in an answer; one that is no problem of ours, as a proxy sends it, becomes one. */
export async function readProblem(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '');
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    if (typeof problem.code === 'string' && typeof problem.detail === 'string')
      return { kind: 'bug', ...problem, status: response.status } as Problem;
  } catch {
    // It is said below.
  }
  const said = text.slice(0, 200).replaceAll(/\s+/g, ' ');
  const detail = `The server answered ${response.status}${said === '' ? '' : `: ${said}`}`;
  const kind = response.status >= 500 ? 'unavailable' : 'invalid';
  return { status: response.status, code: 'client.answer', kind, detail };
}
