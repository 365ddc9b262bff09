import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { sizeMb } from '../../src/core/size.ts';

describe('a size', () => {
  test('is its number times its unit, in whole megabytes', () => {
    expect([sizeMb('512mb'), sizeMb('2gb'), sizeMb('1.5gb')]).toEqual([512, 2048, 1536]);
  });

  test.each(['', '512', 'mb', '512 mb', '512MB', '-1mb', '1tb', '512mb\n'])(
    'is not "%s"',
    (value) => {
      expect(() => sizeMb(value)).toThrow(new Failure('size.invalid', { value }));
    },
  );
});
