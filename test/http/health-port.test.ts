import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildHealthServer, type DoorOptions, type RequestLine } from '../../src/http/index.ts';
import { openDoor } from '../support/door.ts';
import { makeKey } from '../support/keys.ts';
import { openTestRuntime, type TestRuntime } from '../support/runtime.ts';

const metrics = { contentType: 'text/plain', scrape: () => Promise.resolve('up 1\n') };

let runtime: TestRuntime;
beforeAll(async () => void (runtime = await openTestRuntime('postgres', [])));
afterAll(() => runtime[Symbol.asyncDispose]());

interface Asked {
  readonly key?: string;
  readonly host?: string;
}

/** The port of a process without an API, asked by a real socket, as if it had come to `host`. */
async function withPort(
  options: Partial<DoorOptions>,
  work: (ask: (path: string, asked?: Asked) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const server = buildHealthServer(
    {
      metrics,
      readiness: () => Promise.resolve({ ready: true, components: [] }),
      onBug: (error) => void runtime.errors.push(error),
      door: openDoor({ trustedProxies: ['127.0.0.1'], ...options }),
    },
    runtime,
  );
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  try {
    await work((path, { key, host } = {}) =>
      fetch(`${url}${path}`, {
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          // What a proxy is believed; fetch sets Host itself.
          ...(host !== undefined && { 'x-forwarded-host': host }),
        },
      }),
    );
  } finally {
    await server.close();
  }
}

const statusOf = async (asking: Promise<Response>) => (await asking).status;

describe('the port of a worker', () => {
  test('on an address of this machine alone tells its metrics to whoever is on it, by no other name', async () => {
    await withPort({}, async (ask) => {
      expect(await (await ask('/metrics')).text()).toBe('up 1\n');
      expect(await statusOf(ask('/metrics', { host: 'evil.example' }))).toBe(403);
      expect(await statusOf(ask('/health/ready', { host: '10.0.0.7' }))).toBe(200);
    });
  });

  test('on another address asks for a key that may read metrics, whatever it is called by', async () => {
    const keyOf = async (role: string, jobs?: string[]) =>
      (await makeKey(runtime.database, { role, ...(jobs && { jobs }) })).secret;
    const scraper = await keyOf('viewer');
    await withPort({ host: '0.0.0.0', hosts: ['jobs.example.com'] }, async (ask) => {
      const refused = await ask('/metrics');
      expect(refused.status).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('Bearer');
      const wrong = `nsk_0badc0de_${'x'.repeat(43)}`;
      expect(await statusOf(ask('/metrics', { key: wrong }))).toBe(401);
      expect(await statusOf(ask('/metrics', { key: await keyOf('viewer', ['mail-*']) }))).toBe(403);
      expect(await statusOf(ask('/metrics', { key: scraper, host: '10.0.0.7' }))).toBe(200);
      expect(await statusOf(ask('/health', { host: '10.0.0.7' }))).toBe(200);
    });
  });

  test('asks nobody where the installation says that metrics are open', async () => {
    await withPort({ host: '0.0.0.0', metrics: 'open' }, async (ask) => {
      expect(await statusOf(ask('/metrics'))).toBe(200);
    });
  });

  test('has the headers, the limits and the log of any port of ours', async () => {
    const lines: RequestLine[] = [];
    const onRequest = (line: RequestLine) => void lines.push(line);
    await withPort({ strangersPerMinute: 2, onRequest }, async (ask) => {
      const live = await ask('/health/live', {});
      expect(live.headers.get('x-content-type-options')).toBe('nosniff');
      expect(live.headers.get('x-request-id')).toBeTruthy();
      const statuses = [];
      for (let n = 0; n < 3; n++) statuses.push(await statusOf(ask('/nowhere')));
      expect(statuses).toEqual([404, 404, 429]);
      expect(await statusOf(ask('/health/live'))).toBe(200);
    });
    expect(lines.map(({ path }) => path)).toContain('/nowhere');
  });

  test('told of no bug', () => expect(runtime.errors).toEqual([]));
});
