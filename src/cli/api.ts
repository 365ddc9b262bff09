import { request } from 'node:http';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/index.ts';
import { openApiServer, openSystem, runJobs, type System, socketPathOf } from '../app/index.ts';
import { operatorHeader } from '../core/actor.ts';
import { Failure, isFailure } from '../core/errors.ts';
import type { Problem, Server } from '../http/index.ts';
import { stopOnSignals } from '../operations/index.ts';

/** The API as commands use it: one code path, whether the process that answers is another or this one. */
export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** True when another process answers. */
  readonly remote: boolean;
  close(): Promise<void>;
}

/** A problem that the API answered. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiOptions {
  /** Run jobs in this process too: where it is alone (embedded), or in any case. */
  readonly working?: 'when alone' | 'always';
}

const startingMs = 10_000;

/** Longer than any answer takes: a process that was stopped or hangs must not hang the command. */
const silenceMs = 90_000;

/** The process that holds the data folder, by its socket; else this process, on the database itself. */
export async function openApi(config: Config, { working }: ApiOptions = {}): Promise<Api> {
  const socket = socketPathOf(config);
  const until = performance.now() + startingMs;
  for (;;) {
    if (socket && (await answers(socket))) return overSocket(socket);
    try {
      return await inProcess(config, working);
    } catch (error) {
      // Whoever has just taken the folder answers on the socket in a moment.
      if (!isFailure(error, 'database.folder_locked') || performance.now() > until) throw error;
      await sleep(200);
    }
  }
}

async function inProcess(config: Config, working: ApiOptions['working']): Promise<Api> {
  const system: System = await openSystem(quiet(config));
  let interrupted = false;
  const unwatch = stopOnSignals(async () => {
    interrupted = true;
    await system.close();
    process.stderr.write(
      'Interrupted. What was accepted is kept and goes on with the next start.\n',
    );
  }, 130);
  let server: Server;
  try {
    server = await openApiServer(system);
    if (working === 'always' || (working && config.footprint === 'embedded'))
      await runJobs(system, { choice: {}, graceMs: 0 });
  } catch (error) {
    await system.close();
    throw error;
  }
  async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
    // The process is about to end: whoever asks now gets no answer, and no misleading error.
    if (interrupted) return new Promise(() => undefined);
    const response = await server.inject({
      method,
      url: `/api/v1${path}`,
      headers: whoAsks(),
      ...(body !== undefined && { payload: body as object }),
    });
    return read<T>(response.statusCode, response.body);
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => call('DELETE', path),
    remote: false,
    async close() {
      await system.close();
      unwatch();
    },
  };
}

/** A command says what went wrong itself, in one sentence; of the log only what it cannot know is left. */
function quiet(config: Config): Config {
  const { file: _, ...log } = config.log;
  return { ...config, log: log.level === 'debug' ? log : { ...log, level: 'error' } };
}

function overSocket(socketPath: string): Api {
  const call = <T>(method: Method, path: string, body?: unknown) =>
    callSocket<T>({ socketPath, method, path: `/api/v1${path}` }, body);
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => call('DELETE', path),
    remote: true,
    close: () => Promise.resolve(),
  };
}

/** Nothing is there, nobody listens, or the folder is a file or not ours: opening it says what is wrong. */
const noAnswer = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EACCES'];

async function answers(socketPath: string): Promise<boolean> {
  try {
    await callSocket({ socketPath, method: 'GET', path: '/health/live' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (noAnswer.includes(code ?? '')) return false;
    throw error;
  }
}

function callSocket<T>(
  options: { socketPath: string; method: string; path: string },
  body?: unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...whoAsks(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const call = request({ ...options, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve(read<T>(response.statusCode ?? 500, Buffer.concat(chunks).toString()));
        } catch (error) {
          reject(error);
        }
      });
    });
    call.setTimeout(silenceMs, () => {
      call.destroy(new Failure('socket.silent', { path: options.socketPath, ms: silenceMs }));
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The user of the machine, for the audit log. */
function whoAsks() {
  return { [operatorHeader]: userInfo().username };
}

function read<T>(status: number, body: string): T {
  const answer = JSON.parse(body) as T;
  if (status >= 400) throw new ApiError(answer as unknown as Problem);
  return answer;
}
