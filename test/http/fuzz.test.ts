import fc from 'fast-check';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import type { Server } from '../../src/http/index.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { type HookHouse, openHookHouse, shopHeaders } from '../support/hooks.ts';
import { plant } from '../support/schedules.ts';

const job = defineJob({
  name: 'plain',
  summary: 'A job.',
  payload: z.unknown(),
  run: () => Promise.resolve(),
});

let api: TestApi;
let house: HookHouse;
let ids: readonly string[];
beforeAll(async () => {
  house = await openHookHouse('postgres');
  await house.server.ready();
  api = await openTestApi('postgres', [job], { door: openDoor() });
  await plant(api.runtime, []);
  const run = await api.runtime.enqueuer.enqueue('plain', {}, { delayMs: 3_600_000 });
  const delivered = await deliver('{"type":"paid","order":1}');
  const { delivery } = delivered.json<{ delivery: string }>();
  ids = [run, '019aa6e2-7a00-7000-8000-000000000001', 'plain', 'nightly', 'shop', delivery];
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

/** Delivers to the shop's hook what it has signed. */
const deliver = (payload: string) =>
  house.server.inject({
    method: 'POST',
    url: '/api/v1/hooks/shop',
    payload,
    headers: { host: 'localhost', ...shopHeaders(payload) },
  });

/** As much of a JSON schema as makes values. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Texts that something may be wrong with, beside any. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '\0', '\ud800', '%', "'", '30s', '1h', '2026-11-21', '2026-11-21T03:00:00Z'),
  fc.constantFrom('plain', '__proto__', '..', '* * * * *', 'UTC', 'Europe/Berlin', '0'.repeat(300)),
);

/** What the schema takes most of the time, and now and then anything. */
function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: fittingOf(schema) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

function fittingOf(schema: Schema): fc.Arbitrary<unknown> {
  const { properties, items, minimum = -1000, maximum = 1_000_000 } = schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valueOf));
  const type = Array.isArray(schema.type) ? (schema.type[0] as string) : schema.type;
  if (type === 'object' || properties) return objectOf(schema);
  if (type === 'array') return fc.array(valueOf(items ?? {}), { maxLength: 3 });
  if (type === 'integer')
    return fc.integer({ min: Math.max(minimum, -(2 ** 31)), max: Math.min(maximum, 2 ** 31 - 1) });
  if (type === 'number') return fc.double({ noNaN: true });
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (schema.pattern !== undefined)
    return fc.oneof(fc.stringMatching(new RegExp(schema.pattern)), text, fc.constantFrom(...ids));
  if (type === 'string') return fc.oneof(text, fc.constantFrom(...ids));
  return fc.jsonValue();
}

function objectOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<object> {
  const fields = Object.entries(properties).map(([name, of]) => [name, valueOf(of)]);
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: required as string[],
  });
}

function inputOf(schema: unknown): Schema {
  if (schema === undefined) return { type: 'object' };
  return z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }) as Schema;
}

interface Call {
  readonly params: object;
  readonly query: object;
  readonly body: unknown;
  readonly key: string | undefined;
}

function callOf(schema: { params?: unknown; querystring?: unknown; body?: unknown }) {
  return fc.record<Call>({
    params: objectOf(inputOf(schema.params)),
    query: objectOf(inputOf(schema.querystring)),
    body: schema.body === undefined ? fc.constant(undefined) : valueOf(inputOf(schema.body)),
    key: fc.option(fc.constantFrom('a', 'b', 'c c', 'd'), { nil: undefined, freq: 5 }),
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

interface Asked {
  readonly server: Server;
  readonly method: string;
  readonly url: string;
}

async function send({ server, method, url }: Asked, { params, query, body, key }: Call) {
  const values = new Map(Object.entries(params));
  const path = url.replaceAll(
    /:(\w+)/g,
    (_, name: string) => encodeURIComponent(textOf(values.get(name)).toWellFormed()) || 'x',
  );
  const pairs = Object.entries(query).map(
    ([name, value]) => `${name}=${encodeURIComponent(textOf(value).toWellFormed())}`,
  );
  return server.inject({
    method: method as 'GET',
    url: `${path}?${pairs.filter((pair) => !/^wait=\d/.test(pair)).join('&')}`,
    headers: {
      host: 'localhost',
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
}

/** It is an answer, or a problem that is not ours and tells nothing of how it came about. */
function requireAnswer(url: string, { statusCode, body, headers }: LightMyRequestResponse): void {
  const bugs = [...api.runtime.errors.splice(0), ...house.bugs.splice(0)].map(String);
  expect({ url, statusCode, body, bugs }).toMatchObject({ bugs: [] });
  expect({ url, body, isOurs: statusCode >= 500 }).toMatchObject({ isOurs: false });
  if (statusCode < 400) return;
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(body).not.toMatch(/\n\s+at |node_modules/);
}

test('whatever is asked of any route, it is answered, and never by an error of ours', async () => {
  const ofApi = api.routes.map((route) => ({ ...route, server: api.server }));
  const ofHooks = house.routes.map((route) => ({ ...route, server: house.server }));
  const routes = [...ofApi, ...ofHooks.filter(({ url }) => url.includes('/hooks'))].filter(
    ({ url, method }) => url.startsWith('/api/') && method !== 'HEAD',
  );
  expect(routes.length).toBeGreaterThan(35);
  for (const { server, method, url, schema = {} } of routes) {
    if (url.endsWith('/events') && method === 'GET') continue; // a stream does not end
    await fc.assert(
      fc.asyncProperty(callOf(schema), async (call) =>
        requireAnswer(url, await send({ server, method: String(method), url }, call)),
      ),
      { numRuns: 60, seed: 4711 },
    );
  }
});

test('whatever a sender has signed, it is answered, and never by an error of ours', async () => {
  const bodies = fc.oneof(
    fc.record({ type: fc.constantFrom('paid', 'none', ''), order: fc.jsonValue(), mood: text }),
    fc.jsonValue(),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(bodies.map(textOf), text), async (body) =>
      requireAnswer('/hooks/shop', await deliver(body)),
    ),
    { numRuns: 200, seed: 4711 },
  );
});
