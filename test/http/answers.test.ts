import { expect, test } from 'vitest';
import { buildHealthServer, type Readiness } from '../../src/http/index.ts';

test('an answer that is not as it is described is told of as a bug, and given all the same', async () => {
  const odd = { ready: true, components: [{ name: 'queue', state: 'odd' }] };
  const bugs: unknown[] = [];
  await using server = buildHealthServer({
    readiness: () => Promise.resolve(odd as unknown as Readiness),
    onBug: (error) => void bugs.push(error),
  });
  const response = await server.inject('/health/ready');
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual(odd);
  expect(bugs).toHaveLength(1);
});
