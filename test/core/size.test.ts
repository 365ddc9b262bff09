import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { formatBytes, sizeBytes } from '../../src/core/size.ts';

describe('a size', () => {
  test('is its number times its unit, in bytes', () => {
    expect(['340b', '64kb', '1.5mb', '2gb'].map(sizeBytes)).toEqual([
      340,
      65_536,
      1_572_864,
      2 ** 31,
    ]);
  });

  test('of bytes is told in the largest unit of which there is one', () => {
    expect([0, 340, 65_536, 1_572_864, 2 ** 31].map(formatBytes)).toEqual([
      '0b',
      '340b',
      '64kb',
      '1.5mb',
      '2gb',
    ]);
  });

  test.each(['', '512', 'mb', '512 mb', '512MB', '-1mb', '1tb', '512mb\n'])(
    'is not "%s"',
    (value) => {
      expect(() => sizeBytes(value)).toThrow(new Failure('size.invalid', { value }));
    },
  );
});
