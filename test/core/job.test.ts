import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/core/errors.ts';
import { defineJob } from '../../src/core/job.ts';

const options = {
  name: 'digest',
  summary: 'Sends a digest.',
  payload: z.object({ topic: z.string() }),
  run: () => Promise.resolve(undefined),
};

describe('a job', () => {
  test('has a default for everything that may be left out', () => {
    expect(defineJob(options)).toMatchObject({
      version: 1,
      timeout: '5m',
      pool: 'general',
      isolation: 'inline',
      needs: [],
      retry: { attempts: 5, backoff: 'exponential', from: '10s', upTo: '15m', jitter: 0.5 },
    });
  });

  test('keeps the other defaults of a retry policy that says only one thing', () => {
    expect(defineJob({ ...options, retry: { attempts: 1 } }).retry).toEqual({
      attempts: 1,
      backoff: 'exponential',
      from: '10s',
      upTo: '15m',
      jitter: 0.5,
    });
  });

  test('cannot be changed once it is defined', () => {
    expect(Object.isFrozen(defineJob(options))).toBe(true);
  });

  test('gets from its context what it needs and nothing else', () => {
    defineJob({
      ...options,
      needs: ['mailbox'],
      async run(ctx) {
        await ctx.mailbox.open('inbox');
        // @ts-expect-error -- documents are not among its needs
        await ctx.documents.known('mail', []);
      },
    });
  });

  test.each([
    [{ name: 'Digest' }, 'name: "Digest" is not lower-case words joined by "-", as in mail-triage'],
    [{ name: 'a:b' }, 'name: "a:b" is not lower-case words joined by "-", as in mail-triage'],
    [{ version: 0 }, 'version: not a whole number from 1'],
    [{ version: 1.5 }, 'version: not a whole number from 1'],
    [{ retry: { attempts: 0 } }, 'retry.attempts: not a whole number from 1'],
    [{ retry: { jitter: 1.1 } }, 'retry.jitter: not between 0 and 1'],
    [{ retry: { jitter: Number.NaN } }, 'retry.jitter: not between 0 and 1'],
    [{ timeout: '25d' as const }, 'timeout: longer than 24 days'],
    [{ memory: '1gb' as const }, "memory: has an effect with isolation: 'process' only"],
    [{ killAfter: '1s' as const }, "killAfter: has an effect with isolation: 'process' only"],
    [{ isolation: 'process' as const, memory: '128mb' as const }, 'memory: less than 192mb'],
    [
      { isolation: 'process' as const, memory: '1tb' as never },
      'memory: "1tb" is not a size; write a number and a unit, as in 512kb, 10mb or 2gb.',
    ],
    [
      { isolation: 'process' as const, killAfter: '25d' as const },
      'killAfter: longer than 24 days',
    ],
    [{ isolation: 'proces' as never }, 'isolation: "proces" is neither inline nor process'],
  ])('is refused with %j', (fault, sentence) => {
    expect(() => defineJob({ ...options, ...fault })).toThrow(
      new Failure('job.invalid', {
        job: 'name' in fault ? fault.name : 'digest',
        faults: sentence,
      }),
    );
  });

  test('is told all of its faults at once', () => {
    const faulty = { ...options, version: -1, timeout: '5 minutes', retry: { upTo: 'ages' } };
    expect(() => defineJob(faulty as unknown as typeof options)).toThrow(
      /version: .*; retry\.upTo: "ages" is not a duration.*; timeout: "5 minutes" is not a duration/,
    );
  });
});
