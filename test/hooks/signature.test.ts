import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineHook, defineTrigger } from '../../src/core/hook.ts';
import {
  githubSignature,
  hmacSignature,
  type SignatureScheme,
  slackSignature,
  standardWebhooks,
  stripeSignature,
} from '../../src/core/hook-scheme.ts';
import { verifySignature } from '../../src/hooks/signature.ts';

const body = '{"type":"paid","id":"evt_1","text":"größer"}';
const now = new Date('2026-11-21T03:00:00Z');
const seconds = String(now.getTime() / 1000);
const old = String(now.getTime() / 1000 - 301);
const early = String(now.getTime() / 1000 + 301);
const whsec = `whsec_${Buffer.from('a secret of thirty-two bytes, or').toString('base64')}`;

const sign = (text: string, key: string | Buffer, encoding: 'hex' | 'base64' = 'hex') =>
  createHmac('sha256', key).update(text).digest(encoding);

const keyOf = (secret: string) => Buffer.from(secret.replace('whsec_', ''), 'base64');

/** The headers of each scheme, signed with `secret` at `time`. */
const schemes: [
  SignatureScheme,
  (secret: string, time: string) => Record<string, string>,
  string,
][] = [
  [
    githubSignature,
    (secret) => ({ 'x-hub-signature-256': `sha256=${sign(body, secret)}` }),
    'it is a secret',
  ],
  [
    stripeSignature,
    (secret, time) => ({
      'stripe-signature': `t=${time},v1=${sign(`${time}.${body}`, secret)},v0=x`,
    }),
    'it is a secret',
  ],
  [
    standardWebhooks,
    (secret, time) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': time,
      'webhook-signature': `v1,${sign(`msg_1.${time}.${body}`, keyOf(secret), 'base64')} v1a,x`,
    }),
    whsec,
  ],
  [
    slackSignature,
    (secret, time) => ({
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${sign(`v0:${time}:${body}`, secret)}`,
    }),
    'it is a secret',
  ],
  [
    hmacSignature({
      signature: { header: 'x-shop', form: 'single', prefix: '', encoding: 'base64' },
      timestamp: 'x-shop-time',
    }),
    (secret, time) => ({
      'x-shop': sign(`${time}.${body}`, secret, 'base64'),
      'x-shop-time': time,
    }),
    'it is a secret',
  ],
];

describe.each(schemes)('$name', (scheme, headersOf, secret) => {
  const hook = defineHook({
    name: 'shop',
    summary: '',
    scheme,
    on: { '*': defineTrigger({ job: 'x', body: z.unknown(), map: () => ({ nothing: '' }) }) },
  });
  const verify = (
    headers: Record<string, string>,
    { secrets = [secret], text = body }: { secrets?: string[]; text?: string } = {},
  ) => {
    try {
      verifySignature(hook, { body: Buffer.from(text), headers }, { secrets, now });
      return 'verified';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const isTimed = scheme.signed.includes('{timestamp}');

  test('what was signed with the secret is believed', () => {
    expect(verify(headersOf(secret, seconds))).toBe('verified');
  });

  test('while secrets are rotated, either is good', () => {
    const next =
      scheme.secret === 'whsec'
        ? `whsec_${Buffer.from('another one').toString('base64')}`
        : 'another one';
    expect(verify(headersOf(next, seconds), { secrets: [secret, next] })).toBe('verified');
    expect(verify(headersOf(secret, seconds), { secrets: [secret, next] })).toBe('verified');
    expect(verify(headersOf(secret, seconds), { secrets: [next] })).toBe('hook.signature');
  });

  test('another body, or half a signature, is not', () => {
    const headers = headersOf(secret, seconds);
    expect(verify(headers, { text: `${body} ` })).toBe('hook.signature');
    const header = scheme.signature.header;
    for (const text of ['x', 'sha256=', 't=,v1=', headers[header]!.slice(0, 20), '🎈'])
      expect(verify({ ...headers, [header]: text })).toBe('hook.signature');
  });

  test('nothing is missing unnoticed', () => {
    const headers = headersOf(secret, seconds);
    for (const name of Object.keys(headers))
      expect(verify({ ...headers, [name]: '' })).toBe('hook.unsigned');
    expect(verify({})).toBe('hook.unsigned');
  });

  test.runIf(isTimed)('what was signed long ago, or ahead of time, is refused', () => {
    expect(verify(headersOf(secret, old))).toBe('hook.stale');
    expect(verify(headersOf(secret, early))).toBe('hook.stale');
    expect(verify(headersOf(secret, 'yesterday'))).toBe('hook.stale');
  });

  test.runIf(isTimed)('an old signature does not become young by another time', () => {
    const headers = headersOf(secret, old);
    const renewed = Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, text.replace(old, seconds)]),
    );
    expect(verify(renewed)).toBe('hook.signature');
  });
});
