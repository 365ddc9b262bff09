import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { type Upgrades, upgradePayload } from '../../src/core/upgrade.ts';

const define = (version: number, upgrade?: Upgrades) =>
  defineJob({
    name: 'sorting',
    summary: 'A job of a test.',
    version,
    ...(upgrade && { upgrade }),
    payload: z.unknown(),
    run: async () => {},
  });

/** A job whose payloads tell which steps they went through. */
function walking(oldest: number, version: number) {
  const steps = Array.from({ length: version - oldest }, (_, i) => oldest + i);
  const step = (from: number) => (walked: number[]) => [...walked, from];
  return define(version, Object.fromEntries(steps.map((from) => [from, step(from)])) as Upgrades);
}

test('a payload goes through every step from its version to the job’s, in order, and no other', () => {
  const versions = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.nat(12), fc.nat(12))
    .map(([oldest, more, after]) => ({
      oldest,
      from: oldest + more,
      version: oldest + more + after,
    }));
  fc.assert(
    fc.property(versions, ({ oldest, from, version }) => {
      const walked = upgradePayload(walking(oldest, version), { payload: [], version: from });
      expect(walked).toEqual(Array.from({ length: version - from }, (_, i) => from + i));
    }),
  );
});

test('a payload of today’s version, of a newer one and of none stays as it is', () => {
  const job = walking(1, 3);
  for (const version of [0, 3, 4])
    expect(upgradePayload(job, { payload: 'as it is', version })).toBe('as it is');
});

test('a job without upgrades takes the payloads of its older versions as they are', () => {
  expect(upgradePayload(define(5), { payload: { a: 1 }, version: 2 })).toEqual({ a: 1 });
});

test('an upgrade that changes what it is given leaves the stored payload alone', () => {
  const stored = { payload: { box: 'in' }, version: 1 };
  const rename = (payload: { box?: string; mailbox?: string | undefined }) => {
    payload.mailbox = payload.box;
    delete payload.box;
    return payload;
  };
  expect(upgradePayload(define(2, { 1: rename }), stored)).toEqual({ mailbox: 'in' });
  expect(stored).toEqual({ payload: { box: 'in' }, version: 1 });
});

test('what is older than the upgrades is refused with what to do', () => {
  const work = () => upgradePayload(walking(3, 5), { payload: [], version: 2 });
  expect(work).toThrow(
    expect.objectContaining({
      code: 'payload.outdated',
      message: expect.stringMatching(/of version 2, .* version 3;/) as string,
    }),
  );
});

describe('a step that does not answer is named by its versions and its reason:', () => {
  const cases: [string, (payload: unknown) => unknown, RegExp][] = [
    ['it throws', () => JSON.parse('{'), /from version 2 to 3: .*JSON/],
    [
      'it throws a text',
      () => Promise.reject.call(undefined as never, 'no'),
      /from version 2 to 3/,
    ],
    ['it answers a promise', () => Promise.resolve({}), /a plain function/],
  ];
  test.each(cases)('%s', (_, step, message) => {
    const job = define(3, { 1: (payload) => payload, 2: step });
    expect(() => upgradePayload(job, { payload: {}, version: 1 })).toThrow(
      expect.objectContaining({
        code: 'payload.not_upgraded',
        kind: 'bug',
        message: expect.stringMatching(message) as string,
      }),
    );
  });
});

const same = (payload: unknown) => payload;
const wrong: [string, number, unknown, RegExp][] = [
  ['a gap', 5, { 1: same, 3: same, 4: same }, /upgrade\.2: not a function that makes version 3/],
  ['an end before the version', 5, { 3: same }, /upgrade\.4: /],
  ['a step beyond the version', 2, { 1: same, 2: same }, /upgrade\.2: not a version from 1 to 1/],
  ['a version that is none', 2, { first: same }, /upgrade\.first: not a version/],
  ['version 0', 2, { 0: same }, /upgrade\.0: not a version/],
  ['what is no function', 2, { 1: 'same' }, /upgrade\.1: not a function/],
];
test.each(wrong)('a definition with %s is refused', (_, version, upgrade, message) => {
  expect(() => define(version, upgrade as Upgrades)).toThrow(
    expect.objectContaining({
      code: 'job.invalid',
      message: expect.stringMatching(message) as string,
    }),
  );
});
