import { expect, test } from 'vitest';
import { openFaults } from '../../src/app/faults.ts';
import type { Log } from '../../src/app/log.ts';
import { Failure } from '../../src/core/errors.ts';

function open() {
  const said: [level: string, what: unknown][] = [];
  const levels = ['debug', 'info', 'warn', 'error'];
  const log = Object.fromEntries(
    levels.map((level) => [level, (what: unknown) => void said.push([level, what])]),
  ) as unknown as Log;
  let ms = 0;
  return { said, pass: (by: number) => void (ms += by), ...openFaults(log, () => ms) };
}

test('what follows from an outage is left to the line about the outage', () => {
  const { said, onError } = open();
  onError(new Failure('queue.unavailable', { reason: 'gone' }));
  onError(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  // pg-boss hands over a copy of the error, and says in it whose statement it was.
  onError({ message: 'Connection terminated unexpectedly (Queue: duties, Worker: 1)' });
  expect(said.map(([level]) => level)).toEqual(['debug', 'debug', 'debug']);
});

test('a failure is its sentence, and one that only says "not now" comes once a minute', () => {
  const { said, onError, pass } = open();
  const late = new Failure('worker.beat_late', { ms: 5000 });
  for (let i = 0; i < 24; i++) {
    onError(late);
    pass(5_000);
  }
  expect(said).toEqual([
    ['error', late.message],
    ['error', late.message],
  ]);
});

test('what nobody expected is told with its stack, every time', () => {
  const { said, onError } = open();
  const error = new TypeError('x is not a function');
  onError(error);
  onError(error);
  expect(said).toEqual([
    ['error', { err: error }],
    ['error', { err: error }],
  ]);
});
