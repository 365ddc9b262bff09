import { pause } from './pause.ts';
import { NightshiftError, ProblemError, readProblem } from './problem.ts';
import { pauseBefore, type RetryOptions, readRetryAfter, usualRetry } from './retry.ts';
import { requireTimeout } from './timeout.ts';

/** Where the server is, and how it is talked to. */
export interface HttpOptions {
  /** Where Nightshift answers: `https://night.example.org`, with or without `/api/v1`. */
  readonly url: string;
  /** The API key, or what answers it before each call, where it is rotated. */
  readonly key?: string | (() => string | Promise<string>);
  /** How long one try may take; by default 30000. */
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryOptions>;
  /** Sent with each call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the global `fetch`: for a proxy, or a test. */
  readonly fetch?: typeof fetch;
}

/** One call of the API: one that is as good when it is made twice, so that it may be tried again. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The API over HTTP: answers that are problems are thrown as `ProblemError`, no answer as `NightshiftError`. */
export interface Http {
  /** The JSON of an answer, after as many tries as are allowed. */
  call<Answer>(call: Call): Promise<Answer>;
  /** The answer as it begins, after one try; the timeout ends with its headers. */
  open(call: Call): Promise<Response>;
  readonly retry: RetryOptions;
}

export function openHttp(options: HttpOptions): Http {
  const base = baseOf(options.url);
  const retry = { ...usualRetry, ...options.retry };
  const timeoutMs = requireTimeout(options.timeoutMs ?? 30_000);
  const doFetch = options.fetch ?? fetch;

  async function open({ method, path, body, headers, signal }: Call): Promise<Response> {
    const key = typeof options.key === 'function' ? await options.key() : options.key;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    const stop = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    try {
      return await doFetch(`${base}${path}`, {
        method,
        redirect: 'error',
        signal: stop,
        headers: {
          accept: 'application/json',
          ...options.headers,
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw explain(error, { base, timeoutMs, isLate: late.signal.aborted, signal });
    } finally {
      clearTimeout(timer);
    }
  }

  async function tryOnce<Answer>(call: Call): Promise<Answer> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, late.signal]) : late.signal;
    try {
      const response = await open({ ...call, signal });
      await requireGood(response);
      return (await response.json()) as Answer;
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw explain(error, { base, timeoutMs, isLate: late.signal.aborted, signal: call.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    retry,
    open: async (call) => {
      const response = await open(call);
      await requireGood(response);
      return response;
    },
    async call<Answer>(call: Call) {
      for (let tried = 1; ; tried++) {
        try {
          return await tryOnce<Answer>(call);
        } catch (error) {
          const ms = pauseBefore(error, { tried, random: Math.random() }, retry);
          if (ms === undefined) throw error;
          await pause(ms, call.signal);
        }
      }
    },
  };
}

function baseOf(url: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new NightshiftError(
      'client.argument',
      `url: "${url}" is not a URL such as http://localhost:2300`,
    );
  return `${url.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1`;
}

async function requireGood(response: Response): Promise<void> {
  if (response.ok) return;
  const problem = await readProblem(response);
  const retryAfter = readRetryAfter(response.headers.get('retry-after'), Date.now());
  throw new ProblemError(problem, retryAfter);
}

/** What `fetch` threw, in our words; what the caller's own signal was aborted with stays as it is. */
function explain(
  error: unknown,
  {
    base,
    timeoutMs,
    isLate,
    signal,
  }: { base: string; timeoutMs: number; isLate: boolean; signal: AbortSignal | undefined },
): unknown {
  if (error instanceof NightshiftError) return error;
  if (isLate)
    return new NightshiftError(
      'client.timeout',
      `${base} did not answer within ${timeoutMs} ms`,
      error,
    );
  if (signal?.aborted) return signal.reason;
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const reason = cause?.code ?? cause?.message ?? (error as Error).message;
  return new NightshiftError('client.unreachable', `${base} cannot be reached: ${reason}`, error);
}
