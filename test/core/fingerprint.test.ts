import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { fingerprintOf, normaliseMessage } from '../../src/core/fingerprint.ts';
import { describeError } from '../../src/core/outcome.ts';
import type { RunError } from '../../src/core/run.ts';

const stack = (message: string, ...frames: string[]) =>
  [`Error: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');

const error = (message: string, more: Partial<RunError> = {}): RunError => ({
  name: 'Error',
  message,
  ...more,
});

describe('what varies from run to run has a placeholder', () => {
  test.each([
    ['User 4711 has 3 of 12.5 items', 'User <number> has <number> of <number> items'],
    ['run 0191c2f0-1111-7abc-8def-0123456789ab is gone', 'run <id> is gone'],
    ['no row "ada" in table \'people\'', 'no row <text> in table <text>'],
    ["it can't be done, and isn't", "it can't be done, and isn't"],
    ['mail to ada.lovelace+x@example.co.uk bounced', 'mail to <email> bounced'],
    ['GET https://api.example.com/v1/users/9?x=1 failed', 'GET <url> failed'],
    [
      'ENOENT: no such file or directory, open /var/data/a-1.json',
      'ENOENT: no such file or directory, open <path>',
    ],
    ["ENOENT: no such file, open 'C:\\data\\1.json'", 'ENOENT: no such file, open <text>'],
    ['due 2026-11-21T03:04:05.678Z, not 2026-11-22', 'due <date>, not <date>'],
    ['object 0xdeadbeef of commit 4f2a9c1b7d', 'object <hex> of commit <hex>'],
    ['token V1StGXR8Z5jdHi6BmyT expired', 'token <id> expired'],
    ['connect ECONNREFUSED 10.0.0.7:5432', 'connect ECONNREFUSED <number>'],
    ['step  two\n failed', 'step two failed'],
    [
      'deadbeef and facade are words without a digit',
      'deadbeef and facade are words without a digit',
    ],
  ])('%s', (message, normal) => {
    expect(normaliseMessage(message)).toBe(normal);
  });
});

/** Ids of every kind, as they stand in messages. */
const ids = fc.oneof(
  fc.nat().map(String),
  fc.uuid(),
  fc.stringMatching(/^0x[\da-f]{4,16}$/),
  fc.stringMatching(/^[a-z]{1,10}$/).map((name) => `"${name}"`),
  fc.stringMatching(/^[a-z]{1,10}$/).map((name) => `${name}@example.org`),
  fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999') })
    .map((at) => at.toISOString()),
  fc.stringMatching(/^[a-z]{1,8}$/).map((name) => `/srv/${name}/${name}.txt`),
);

test('the same error about other ids has the same fingerprint', () => {
  const pairs = ids.chain((one) =>
    fc.tuple(
      fc.constant(one),
      ids.filter((two) => normaliseMessage(two) === normaliseMessage(one)),
    ),
  );
  fc.assert(
    fc.property(pairs, fc.nat(), fc.nat(), ([one, two], line, column) => {
      const of = (id: string, at: string) => {
        const message = `The item ${id} cannot be stored`;
        return fingerprintOf(
          error(message, { stack: stack(message, `store (/app/jobs/a/store.ts:${at})`) }),
        );
      };
      expect(of(one, `${line}:${column}`)).toBe(of(two, '1:1'));
    }),
  );
});

test('another name, code, sentence or place is another fingerprint', () => {
  const word = fc.stringMatching(/^[b-y]{3,12}$/);
  const parts = fc.record({ name: word, code: word, message: word, place: word, file: word });
  fc.assert(
    fc.property(
      parts,
      fc.constantFrom('name', 'code', 'message', 'place', 'file'),
      word,
      (one, which, other) => {
        fc.pre(one[which] !== other);
        const of = ({ name, code, message, place, file }: typeof one) =>
          fingerprintOf({
            name,
            code,
            message,
            stack: stack(message, `${place} (/app/jobs/a/${file}.ts:1:2)`),
          });
        expect(of(one)).not.toBe(of({ ...one, [which]: other }));
      },
    ),
  );
});

test('any error has one, of 16 hex digits', () => {
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      expect(describeError(thrown).fingerprint).toMatch(/^[\da-f]{16}$/);
    }),
  );
  const texts = fc.string({ unit: 'binary', maxLength: 3000 });
  fc.assert(
    fc.property(texts, texts, (message, lines) => {
      expect(fingerprintOf(error(message, { stack: lines }))).toMatch(/^[\da-f]{16}$/);
    }),
  );
});

describe('of a stack', () => {
  const of = (...frames: string[]) => fingerprintOf(error('no', { stack: stack('no', ...frames) }));
  const ours = 'readMail (file:///srv/one/jobs/mail/read.ts:10:5)';

  test('packages, Node and the machinery around every handler do not count', () => {
    expect(
      of(
        'Object.parse (/srv/one/node_modules/zod/parse.js:1:1)',
        'node:internal/process/task_queues:95:5',
        ours,
        'async Promise.race (index 0)',
        'async perform (/srv/one/src/runtime/attempt.ts:5:5)',
      ),
    ).toBe(of(ours));
  });

  test('neither does the folder that the code is in, nor whether a frame was awaited', () => {
    expect(of('async readMail (/opt/two/app/jobs/mail/read.ts:99:1)')).toBe(of(ours));
  });

  test('the caller counts, and what is four frames away does not', () => {
    expect(of(ours, 'triage (/a/jobs/mail/triage.ts:1:1)')).not.toBe(of(ours));
    expect(of(ours, ours, ours, 'triage (/a/jobs/mail/triage.ts:1:1)')).toBe(of(ours, ours, ours));
  });

  test('a message with lines like frames does not count as one', () => {
    const message = (id: number) => `no\n    at fake${id} (/a/b/c.ts:1:1)\n"${id}"`;
    const whole = (id: number) => error(message(id), { stack: stack(message(id), ours) });
    expect(fingerprintOf(whole(1))).toBe(fingerprintOf(whole(2)));
  });
});

test('a real error thrown twice from one place has one fingerprint, from another place another', () => {
  const reach = (id: number) =>
    describeError(new Failure('run.missing', { id: `r${id}` })).fingerprint;
  const other = (id: number) =>
    describeError(new Failure('run.missing', { id: `r${id}` })).fingerprint;
  expect(reach(1)).toBe(reach(2));
  expect(reach(1)).not.toBe(other(1));
});
