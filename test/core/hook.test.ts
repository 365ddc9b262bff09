import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  collectHooks,
  defineHook,
  defineTrigger,
  readSecrets,
  secretsVariable,
} from '../../src/core/hook.ts';
import { githubSignature, hmacSignature } from '../../src/core/hook-scheme.ts';
import { defineJob } from '../../src/core/job.ts';

const invoice = defineJob({
  name: 'invoice',
  summary: 'Writes an invoice.',
  payload: z.object({ order: z.int(), copies: z.int().default(1) }),
  run: () => Promise.resolve(),
});

const paid = defineTrigger({
  job: invoice,
  body: z.object({ order: z.int() }),
  map: ({ body }) => ({ payload: { order: body.order } }),
});

test('a trigger maps a body that its schema takes to a payload that its job takes', () => {
  expect(paid.job).toBe('invoice');
  expect(paid.map({ event: 'paid', body: { order: 7 }, headers: {} })).toEqual({
    payload: { order: 7 },
  });
});

test('a payload that the job does not take does not compile', () => {
  defineTrigger({
    job: invoice,
    body: z.object({ order: z.string() }),
    // @ts-expect-error -- the order is a text, and the job takes a number
    map: ({ body }) => ({ payload: { order: body.order } }),
  });
});

test('everything that is wrong with a hook is told at once', () => {
  const define = () =>
    defineHook({
      name: 'Git Hub',
      summary: '',
      scheme: { ...githubSignature, signed: 'nothing', timestamp: 'X-Time' },
      on: {},
    });
  expect(define).toThrow(/name: "Git Hub".*\{body\}.*signed, as \{timestamp\}.*"X-Time".*on: no/s);
  expect(() =>
    defineHook({
      name: 'shop',
      summary: '',
      scheme: hmacSignature({ signed: '{id}.{timestamp}.{body}', toleranceSeconds: 0 }),
      on: { '*': paid },
    }),
  ).toThrow(/needs the header of an id.*toleranceSeconds/);
});

test('two hooks of one name are refused', () => {
  const hook = defineHook({
    name: 'shop',
    summary: '',
    scheme: hmacSignature(),
    on: { '*': paid },
  });
  expect(() => collectHooks([hook, hook])).toThrow(/two hooks have it/);
});

test('the secrets of a hook are in a variable of its name, separated by commas', () => {
  expect(secretsVariable('my-shop')).toBe('NIGHTSHIFT_HOOK_MY_SHOP_SECRETS');
  expect(readSecrets(' old , new,')).toEqual(['old', 'new']);
  expect(readSecrets(undefined)).toEqual([]);
});
