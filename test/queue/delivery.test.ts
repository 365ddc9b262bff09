import { expect, test } from 'vitest';
import { readDelivery } from '../../src/queue/delivery.ts';

const [id, run] = ['8d8ac610-566d-4ef0-9c22-186b2a5ed793', '0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b'];
const told: unknown[] = [];
const job = (data: unknown, of = id) => ({
  id: of,
  name: 'n',
  timestamp: 5,
  data,
  opts: { priority: 3 },
  updateProgress: (progress: object) => Promise.resolve(void told.push(progress)),
});

test('a job that carries runs is a delivery of them', () => {
  expect(readDelivery(job({ runs: [run, id] }))).toEqual({ id, runs: [run, id] });
});

test.each([
  undefined,
  null,
  7,
  'runs',
  [],
  {},
  { runs: [] },
  { runs: 'a' },
  { runs: ['a'] },
  { runs: [run, 1] },
  { runs: [run], more: 1 },
])('a job with data %j is foreign, and keeps its data', async (data) => {
  const { foreign, ...delivery } = readDelivery(job(data));
  expect(delivery).toEqual({ id, runs: [] });
  expect(foreign).toMatchObject({ name: 'n', data, timestamp: 5, priority: 3 });
  await foreign!.tell({ run });
  expect(told.at(-1)).toEqual({ run });
});

test('a job whose id is none of ours is foreign, even with a list of runs', () => {
  expect(readDelivery(job({ runs: [run] }, '17'))).toMatchObject({
    id: '17',
    runs: [],
    foreign: {},
  });
});
