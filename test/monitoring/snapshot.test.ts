import { expect, test } from 'vitest';
import { openSnapshot } from '../../src/monitoring/snapshot.ts';
import { until } from '../support/until.ts';

const patient = { freshMs: 60_000, patienceMs: 60_000, onError: () => {} };

test('many who ask at once are answered by one look, and so are those who ask while it is fresh', async () => {
  let looks = 0;
  const latest = openSnapshot({ take: () => Promise.resolve(++looks), ...patient });
  const answers = await Promise.all([latest(), latest(), latest()]);
  expect(answers.map((answer) => answer?.value)).toEqual([1, 1, 1]);
  expect((await latest())?.value).toBe(1);
  expect(looks).toBe(1);
});

test('nobody waits for an answer that does not come, and it is asked for once', async () => {
  let looks = 0;
  const answer = Promise.withResolvers<string>();
  const latest = openSnapshot({
    take: () => {
      looks++;
      return answer.promise;
    },
    ...patient,
    patienceMs: 1,
  });
  expect([await latest(), await latest()]).toEqual([undefined, undefined]);
  expect(looks).toBe(1);
  answer.resolve('late');
  expect(await until(async () => (await latest())?.value)).toBe('late');
});

test('a look that fails forgets what was known, and tells why', async () => {
  const errors: unknown[] = [];
  const answers = [() => Promise.resolve('old'), () => Promise.reject(new Error('away'))];
  const latest = openSnapshot({
    take: () => answers.shift()?.() ?? Promise.resolve('new'),
    ...patient,
    freshMs: 0,
    onError: (error) => void errors.push(error),
  });
  expect((await latest())?.value).toBe('old');
  expect(await until(async () => (await latest()) === undefined)).toBe(true);
  expect(errors).toEqual([new Error('away')]);
  expect(await until(async () => (await latest())?.value)).toBe('new');
});

test('a look that took long is not repeated for long', async () => {
  let looks = 0;
  const latest = openSnapshot({
    async take() {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return ++looks;
    },
    ...patient,
    freshMs: 0,
  });
  await latest();
  for (let i = 0; i < 20; i++) await latest();
  expect(looks).toBe(1);
});
