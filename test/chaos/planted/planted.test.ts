import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { invariants } from '../checks/violation.ts';
import { faultKinds } from '../faults/plan.ts';
import { bugs } from './bugs.ts';
import { replaceOnce } from './copy.ts';

const root = join(import.meta.dirname, '../../..');

test.each(bugs)(
  'the bug $name can still be planted',
  ({ changes, caughtBy, faults, footprint }) => {
    const texts = new Map<string, string>();
    for (const change of changes) {
      const before = texts.get(change.file) ?? readFileSync(join(root, change.file), 'utf8');
      texts.set(change.file, replaceOnce(before, change));
    }
    expect(Object.keys(invariants)).toEqual(expect.arrayContaining([...caughtBy]));
    const kinds = faultKinds.filter((kind) => kind.footprints.includes(footprint));
    expect(kinds.map(({ name }) => name)).toEqual(expect.arrayContaining([...faults]));
  },
);

test('code that has changed since a bug was planted is noticed, and new line breaks are not in the way', () => {
  const change = { file: 'x.ts', find: 'await hold(one,  two)', replace: '' };
  expect(replaceOnce('{\n  await hold(one,\n    two);\n}', change)).toBe('{\n  ;\n}');
  expect(() => replaceOnce('await hold(one, three)', change)).toThrow('x.ts has 0 times');
  expect(() => replaceOnce('await hold(one, two); await hold(one, two)', change)).toThrow(
    '2 times',
  );
});
