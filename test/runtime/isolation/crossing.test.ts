import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cancel, GiveBack, Snooze } from '../../../src/core/endings.ts';
import { Failure } from '../../../src/core/errors.ts';
import { pack, unpack } from '../../../src/runtime/isolation/crossing.ts';

const cross = (thrown: unknown) => unpack(structuredClone(pack(thrown)));

test('whatever is thrown crosses to another process', () => {
  fc.assert(fc.property(fc.anything(), (thrown) => void cross(thrown)));
  expect(cross('text')).toBe('text');
  expect(cross(null)).toBe('null');
  expect(cross(Object.create(null))).toBe('something that is no error');
});

test('the endings keep their meaning', () => {
  expect(cross(new Cancel('no need'))).toBeInstanceOf(Cancel);
  expect(cross(new Cancel('no need'))).toMatchObject({ message: 'no need' });
  expect(cross(new GiveBack())).toBeInstanceOf(GiveBack);
  expect(cross(new Snooze('10m'))).toBeInstanceOf(Snooze);
  expect(cross(new Snooze('10m'))).toMatchObject({ delayMs: 600_000, message: 'snoozed for 10m' });
});

test('a failure keeps its code, kind, message, details and stack', () => {
  const failure = new Failure('step.deadline', { name: 'a', deadline: '5s', tool: () => 1 });
  const crossed = cross(failure) as Failure;
  expect(crossed).toBeInstanceOf(Failure);
  expect(crossed).toMatchObject({
    code: 'step.deadline',
    kind: 'limited',
    message: failure.message,
    details: { name: 'a', deadline: '5s' },
    stack: failure.stack,
  });
});

test('any other error keeps its name, message, code and stack, and leaves behind what cannot cross', () => {
  const error = Object.assign(new RangeError('bad'), { code: 'E_BAD', socket: () => 1 });
  const crossed = cross(error);
  expect(crossed).toBeInstanceOf(Error);
  expect(crossed).toMatchObject({ name: 'RangeError', message: 'bad', code: 'E_BAD' });
  expect((crossed as Error).stack).toBe(error.stack);
  expect(crossed).not.toHaveProperty('socket');
});
