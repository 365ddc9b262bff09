import { expect, test } from 'vitest';
import { readDelivery, sandboxed } from '../../src/queue/delivery.ts';

const job = (data: unknown) => ({ id: 'd', name: 'n', timestamp: 5, data });

test('a job that carries runs is a delivery of them', () => {
  expect(readDelivery(job({ runs: ['a', 'b'] }))).toEqual({ id: 'd', runs: ['a', 'b'] });
});

test.each([undefined, null, 7, 'runs', [], {}, { runs: [] }, { runs: 'a' }, { runs: ['a', 1] }])(
  'a job with data %j is foreign, and keeps its data',
  (data) => {
    expect(readDelivery(job(data))).toEqual({
      id: 'd',
      runs: [],
      foreign: { name: 'n', data, timestamp: 5 },
    });
  },
);

test('a sandboxed handler gets the delivery and the signal', async () => {
  const seen: unknown[] = [];
  const { signal } = new AbortController();
  const run = sandboxed(async (...given) => void seen.push(given));
  await run(job({ runs: ['a'] }), 'token', signal);
  expect(seen).toEqual([[{ id: 'd', runs: ['a'] }, signal]]);
});
