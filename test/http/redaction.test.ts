import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure } from '../../src/core/errors.ts';
import { redact } from '../../src/http/redaction.ts';
import { findRun } from '../../src/ledger/index.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openEventStream } from '../support/event-stream.ts';
import { makeKey } from '../support/keys.ts';
import { jobOf } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const word = 'hunter-2';

/** Tells its payload wherever it can. */
const telltale = jobOf(
  'telltale',
  async (ctx, payload) => {
    const { text } = payload as { text: string };
    ctx.log.info(`got ${text}`, { text });
    ctx.progress(1, 2, `at ${text}`);
    // What is on its way when an attempt ends is not written.
    await until(async () => (await findRun(api.runtime.database, ctx.run.id)).progress !== null);
    await ctx.step('look', () => Promise.resolve(text));
    throw Object.assign(new Error(`no ${text}`), { name: 'NoSuchThing', code: 'E_NONE' });
  },
  { retry: { attempts: 2, backoff: 'fixed', from: '1ms' } as never },
);
const refused = jobOf('refused', (_, payload) => {
  const { text } = payload as { text: string };
  throw new Failure('payload.invalid', { job: 'other', faults: text });
});

let api: TestApi;
let url: string;
const keys = new Map<string, Record<string, string>>();
const ids: string[] = [];

beforeAll(async () => {
  api = await openTestApi('postgres', [telltale, refused], { isLocal: false });
  url = await api.listen();
  for (const role of ['viewer', 'operator', 'developer']) {
    const { secret } = await makeKey(api.runtime.database, { role });
    keys.set(role, { authorization: `Bearer ${secret}` });
  }
  await api.runtime.work();
  for (const job of ['telltale', 'refused']) {
    ids.push(await api.runtime.enqueuer.enqueue(job, { text: word }));
    await api.ended(ids.at(-1)!);
  }
});
afterAll(() => api[Symbol.asyncDispose]());

const ask = async (path: string, role: string) =>
  (await api.call<Record<string, unknown>>('GET', path, undefined, keys.get(role))).body;

const paths = () => [
  `/runs/${ids[0]!}`,
  `/runs/${ids[1]!}`,
  `/runs/${ids[0]!}/logs`,
  '/runs',
  '/runs/failures',
];

test('what a job wrote out of its payload is shown to whoever may see its words', async () => {
  for (const path of [`/runs/${ids[0]!}/logs`, '/runs/failures', `/runs/${ids[0]!}`])
    expect([path, JSON.stringify(await ask(path, 'operator'))]).toEqual([
      path,
      expect.stringContaining(word),
    ]);
  expect(await ask(`/runs/${ids[0]!}`, 'operator')).toMatchObject({ payload: { redacted: true } });

  for (const path of paths())
    expect([path, JSON.stringify(await ask(path, 'developer'))]).toEqual([
      path,
      expect.stringContaining(word),
    ]);
  await using stream = await openEventStream(
    `${url}/runs/${ids[0]!}/events`,
    keys.get('developer'),
  );
  await stream.end();
  expect(JSON.stringify(stream.events)).toContain(word);
});

test.each(['viewer'])('and to a %s it is not, in no answer and in no event', async (role) => {
  for (const path of paths())
    expect([path, JSON.stringify(await ask(path, role))]).toEqual([
      path,
      expect.not.stringContaining(word),
    ]);
  await using stream = await openEventStream(`${url}/runs/${ids[0]!}/events`, keys.get(role));
  await stream.end();
  expect(new Set(stream.events.map(({ event }) => event))).toEqual(
    new Set(['attempt', 'state', 'log', 'progress', 'end']),
  );
  expect(JSON.stringify(stream.events)).not.toContain(word);
});

test('a viewer can tell what goes wrong all the same', async () => {
  const run = await ask(`/runs/${ids[0]!}`, 'viewer');
  const error = {
    name: 'NoSuchThing',
    code: 'E_NONE',
    message: '(redacted)',
    redacted: true,
    fingerprint: expect.stringMatching(/^[\da-f]{16}$/) as string,
  };
  expect(run).toMatchObject({
    state: 'failed',
    error,
    progress: { done: 1, total: 2, note: '(redacted)' },
    steps: [{ name: 'look', result: { redacted: true } }],
    pastAttempts: [{ attempt: 1, error }],
  });
  expect(run['error']).not.toHaveProperty('stack');
  const { lines } = await ask(`/runs/${ids[0]!}/logs`, 'viewer');
  expect(lines).toMatchObject([
    { attempt: 1, level: 'info', message: '(redacted)', data: { redacted: true } },
    { attempt: 2 },
  ]);
  const { failures } = await ask('/runs/failures', 'viewer');
  expect(failures).toMatchObject([{ job: 'refused' }, { job: 'telltale', count: 1, error }]);
  // Of a failure of ours the sentence is known to everybody, and what stood in it is not.
  expect((await ask(`/runs/${ids[1]!}`, 'viewer'))['error']).toMatchObject({
    code: 'payload.invalid',
    message: 'The payload of {job} is not valid: {faults}.',
  });
  expect(api.runtime.errors).toEqual([]);
});

test('a search finds runs by their words, for whoever may see those alone', async () => {
  const found = await ask(`/runs?q=${word}`, 'developer');
  expect((found['runs'] as { id: string }[]).map(({ id }) => id)).toEqual([...ids].reverse());
  expect(await ask('/runs?q=nobody-said-this', 'developer')).toEqual({ runs: [] });
  expect(await ask('/runs?q=%20', 'viewer')).toHaveProperty('runs');
  for (const role of ['viewer', 'operator'])
    expect(await ask(`/runs?q=${word}`, role)).toMatchObject({ code: 'search.hidden' });
  const words = Array.from({ length: 11 }, (_, n) => `w${n}`).join('+');
  expect(await ask(`/runs?q=${words}`, 'developer')).toMatchObject({ code: 'request.invalid' });
});

test('why a delivery of a webhook failed is told without what stood in its body', () => {
  const failed = { outcome: 'failed', code: 'hook.mapping', reason: `no ${word}` };
  const refused = { outcome: 'refused', code: 'hook.stale', reason: 'signed 400 s ago' };
  expect(redact({ deliveries: [failed, refused] }, { payloads: true, words: true })).toEqual({
    deliveries: [
      { ...failed, reason: expect.stringContaining('The mapping of {event}') as string },
      refused,
    ],
  });
});
