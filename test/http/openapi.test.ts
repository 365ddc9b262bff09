import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { jobOf } from '../support/runtime.ts';

let api: TestApi;
let document: Document;
beforeAll(async () => {
  api = await openTestApi('postgres', [jobOf('mail-triage', () => Promise.resolve())], {
    door: openDoor(),
  });
  document = (await ask('/docs/openapi.json')).json<Document>();
});
afterAll(() => api[Symbol.asyncDispose]());

const ask = (url: string) => api.server.inject({ url, headers: { host: 'localhost' } });

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly requestBody?: {
    readonly content: Record<string, { readonly example?: unknown; readonly examples?: object }>;
  };
  readonly security: readonly object[];
  readonly responses: Record<string, { readonly description: string; readonly content?: object }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly securitySchemes: object };
}

function operations(): Operation[] {
  return Object.values(document.paths).flatMap((methods) => Object.values(methods));
}

test('the description of the API is OpenAPI 3.1', async () => {
  expect(document.openapi).toBe('3.1.0');
  const checked = await new Validator().validate(structuredClone(document) as never);
  expect(checked).toMatchObject({ valid: true });
});

test('it says which routes ask for a key, what each answer is, and what is a stream', () => {
  expect(document.components.securitySchemes).toMatchObject({
    key: { type: 'http', scheme: 'bearer' },
  });
  const { paths } = document;
  expect(paths['/api/v1/runs']!['get']!.security).toEqual([{ key: [] }]);
  expect(paths['/health/live']!['get']!.security).toEqual([]);
  expect(
    Object.keys(paths['/api/v1/runs/{id}/events']!['get']!.responses['200']!.content!),
  ).toEqual(['text/event-stream']);
  for (const { operationId, responses } of operations())
    for (const { description } of Object.values(responses))
      expect({ operationId, description }).not.toMatchObject({ description: 'Default Response' });
});

test('it has every route of the API, each with a summary, a name of its own and its answers', () => {
  const routes = new Set(api.routes.map(({ url }) => url.replaceAll(/:(\w+)/g, '{$1}')));
  const described = Object.keys(document.paths);
  expect([...routes].filter((url) => url.startsWith('/api/') && !described.includes(url))).toEqual(
    [],
  );
  const names = operations().map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { summary, responses, operationId } of operations()) {
    const statuses = Object.keys(responses);
    const succeeds = statuses.some((status) => status.startsWith('2'));
    expect({ operationId, summary, statuses, succeeds }).toEqual({
      operationId,
      summary: expect.stringMatching(/^[A-Z]/) as string,
      statuses: expect.arrayContaining(['4XX', '5XX']) as string[],
      succeeds: true,
    });
  }
});

test('every body has an example', () => {
  for (const { operationId, requestBody } of operations()) {
    if (!requestBody) continue;
    const { example, examples = {} } = requestBody.content['application/json']!;
    const all = example === undefined ? Object.values(examples) : [example];
    expect({ operationId, hasExample: all.length > 0 }).toEqual({ operationId, hasExample: true });
  }
});

test('the page of the API says the same without a script or a style in it', async () => {
  const { body, headers, statusCode } = await ask('/docs');
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(body).not.toMatch(/<script|<style| style=| on\w+=/);
  for (const path of Object.keys(document.paths)) expect(body).toContain(`<code>${path}</code>`);
  expect(headers['content-security-policy']).not.toContain('unsafe');
  expect((await ask('/docs/style.css')).headers['content-type']).toContain('text/css');
});
