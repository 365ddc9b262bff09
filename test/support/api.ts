import type { RouteOptions } from 'fastify';
import type { AnyJob } from '../../src/core/job.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import { buildServer, type Server, type ServerOptions } from '../../src/http/index.ts';
import { findRun } from '../../src/ledger/index.ts';
import type { Footprint } from './footprint.ts';
import { openTestRuntime, type RuntimeOptions, type TestRuntime } from './runtime.ts';
import { scheduleServices } from './schedules.ts';
import { until } from './until.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The API over a runtime of its own, asked without a socket. */
export interface TestApi extends AsyncDisposable {
  readonly runtime: TestRuntime;
  readonly server: Server;
  /** Every route, with its schema. */
  readonly routes: readonly RouteOptions[];
  call<Body = never>(
    method: Method,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<TestAnswer<Body>>;
  /** Listens on a free port and answers the URL of the API. */
  listen(): Promise<string>;
  /** The run once it has ended. */
  ended(id: string): Promise<Run>;
}

export interface TestAnswer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Record<string, unknown>;
}

export async function openTestApi(
  footprint: Footprint,
  jobs: readonly AnyJob[],
  { place, ...options }: Partial<ServerOptions> & { readonly place?: RuntimeOptions } = {},
): Promise<TestApi> {
  const runtime = await openTestRuntime(footprint, jobs, place);
  let server: Server;
  try {
    server = build(runtime, options);
  } catch (error) {
    await runtime[Symbol.asyncDispose]();
    throw error;
  }
  const routes: RouteOptions[] = [];
  server.addHook('onRoute', (route) => void routes.push(route));
  await server.ready();
  return {
    runtime,
    server,
    routes,
    async call(method, path, body, headers = {}) {
      const response = await server.inject({
        method,
        url: `/api/v1${path}`,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      });
      const parsed: unknown = response.body === '' ? undefined : JSON.parse(response.body);
      return { status: response.statusCode, body: parsed as never, headers: response.headers };
    },
    listen: async () => `${await server.listen({ host: '127.0.0.1', port: 0 })}/api/v1`,
    ended: (id) =>
      until(
        async () => {
          const run = await findRun(runtime.database, id);
          return isFinal(run.state) ? run : undefined;
        },
        { timeoutMs: 30_000 },
      ),
    async [Symbol.asyncDispose]() {
      await server.close();
      await runtime[Symbol.asyncDispose]();
    },
  };
}

function build(runtime: TestRuntime, options: Partial<ServerOptions>): Server {
  return buildServer(
    { ...runtime, ...scheduleServices(runtime), detectionMs: 15_000 },
    {
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void runtime.errors.push(error),
      isLocal: true,
      ...options,
    },
  );
}
