import { expect, test } from 'vitest';
import { openOutages } from '../../src/operations/index.ts';

function open() {
  const lines: string[] = [];
  let ms = 0;
  const say = (line: string) => void lines.push(line);
  const { hear } = openOutages({ warn: say, info: say, now: () => ms });
  return { lines, hear, pass: (seconds: number) => void (ms += seconds * 1000) };
}

test('an outage of 150 s that fails ten times a second is four lines', () => {
  const { lines, hear, pass } = open();
  for (let i = 0; i < 1500; i++) {
    hear('Redis at cache:6379', 'nothing listens there');
    pass(0.1);
  }
  hear('Redis at cache:6379', undefined);
  expect(lines).toEqual([
    'Redis at cache:6379 does not answer: nothing listens there',
    'Redis at cache:6379 still does not answer, for 60 s now: nothing listens there',
    'Redis at cache:6379 still does not answer, for 120 s now: nothing listens there',
    'Redis at cache:6379 answers again, after 150 s',
  ]);
});

test('servers are told apart, and each outage is new', () => {
  const { lines, hear } = open();
  hear('a', 'gone');
  hear('b', 'gone');
  hear('a', undefined);
  hear('a', 'gone');
  expect(lines).toEqual([
    'a does not answer: gone',
    'b does not answer: gone',
    'a answers again, after 0 s',
    'a does not answer: gone',
  ]);
});

test('a server that never was away is not said to be back', () => {
  const { lines, hear } = open();
  hear('a', undefined);
  expect(lines).toEqual([]);
});
