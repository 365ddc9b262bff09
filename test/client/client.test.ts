import { describe, expect, test } from 'vitest';
import {
  type ClientOptions,
  isProblem,
  NightshiftError,
  openClient,
  ProblemError,
  type RunEvent,
} from '../../src/client/index.ts';
import {
  cut,
  events,
  json,
  openScriptedServer,
  type Reply,
  silent,
} from '../support/scripted-server.ts';

const retry = { tries: 4, firstPauseMs: 1, longestPauseMs: 50 };
const accepted = json(202, { id: 'run-1' });
const problem = (status: number, code: string, headers = {}) =>
  json(status, { status, code, kind: 'x', detail: `It is ${code}.` }, headers);

async function open(replies: Record<string, Reply[]>, options: Partial<ClientOptions> = {}) {
  const server = await openScriptedServer(replies);
  const client = openClient({ url: server.url, key: 'ns_secret', retry, ...options });
  return { server, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );

const run = (more: object = {}) => ({
  id: 'run-1',
  job: 'adding',
  state: 'active',
  shownState: 'active',
  attempt: 1,
  error: null,
  progress: null,
  artifact: null,
  result: null,
  runAt: '2026-11-21T03:00:00Z',
  finishedAt: null,
  ...more,
});

const event = (id: string, name: string, data: object) =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

async function collect(stream: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

describe('enqueue', () => {
  test('sends job, payload and options, the key, and an Idempotency-Key of its own', async () => {
    await using place = await open({ '/runs': [accepted] });
    const id = await place.client.enqueue(
      'adding',
      { a: 1 },
      { delay: '5m', unique: { key: 'one' } },
    );
    expect(id).toBe('run-1');
    const [heard] = place.server.heard;
    expect(heard).toMatchObject({
      method: 'POST',
      body: { job: 'adding', payload: { a: 1 }, delay: '5m', unique: { key: 'one' } },
      headers: { authorization: 'Bearer ns_secret', 'content-type': 'application/json' },
    });
    await place.client.enqueue('adding', { a: 1 });
    const keys = place.server.heard.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(2);
  });

  test('is tried again with the same key when the answer is lost, or passing trouble is answered', async () => {
    const passing = problem(503, 'database.unreachable', { 'retry-after': '0' });
    await using place = await open({ '/runs': [cut, passing, problem(429, 'x'), accepted] });
    expect(await place.client.enqueue('adding', {})).toBe('run-1');
    const keys = place.server.heard.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
  });

  test('a refusal is not tried again, and carries the server’s code', async () => {
    await using place = await open({ '/runs': [problem(400, 'payload.invalid')] });
    const error = await place.client.enqueue('adding', {}).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'payload.invalid',
      status: 400,
      message: 'It is payload.invalid.',
    });
    expect(isProblem(error, 'payload.invalid')).toBe(true);
    expect(place.server.heard).toHaveLength(1);
  });

  test('a server that asks for more patience than there is, is obeyed by giving up', async () => {
    const busy = problem(429, 'ledger.overloaded', { 'retry-after': '3600' });
    await using place = await open({ '/runs': [busy] });
    const error = await place.client.enqueue('adding', {}).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ledger.overloaded', retryAfterMs: 3_600_000 });
    expect(place.server.heard).toHaveLength(1);
  });

  test('a server that never answers is a timeout, after every try', async () => {
    await using place = await open({ '/runs': [silent] }, { timeoutMs: 50 });
    expect(await codeOf(place.client.enqueue('adding', {}))).toBe('client.timeout');
    expect(place.server.heard).toHaveLength(4);
  });

  test('a body that stops in the middle is a timeout, too', async () => {
    const half: Reply = (response) => {
      response.writeHead(202, { 'content-type': 'application/json' });
      response.write('{"id":');
    };
    await using place = await open({ '/runs': [half, accepted] }, { timeoutMs: 200 });
    expect(await place.client.enqueue('adding', {})).toBe('run-1');
  });

  test('where nobody listens, the error says where', async () => {
    const { server, client } = await open({});
    await server[Symbol.asyncDispose]();
    const error = await client.enqueue('adding', {}).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'client.unreachable' });
    expect((error as Error).message).toMatch(/127\.0\.0\.1.*ECONNREFUSED/);
  });

  test('the page of a proxy is an error that shows it', async () => {
    const page: Reply = (response) => response.writeHead(403).end('<h1>Keep  out</h1>');
    await using place = await open({ '/runs': [page] });
    await expect(place.client.enqueue('adding', {})).rejects.toThrow(
      'The server answered 403: <h1>Keep out</h1>',
    );
  });

  test('the caller’s own signal ends a call, between tries too', async () => {
    await using place = await open({ '/runs': [silent] });
    const stop = new AbortController();
    const call = place.client.enqueue('adding', {}, { signal: stop.signal });
    stop.abort(new Error('no longer wanted'));
    await expect(call).rejects.toThrow('no longer wanted');
    await using failing = await open(
      { '/runs': [cut] },
      { retry: { tries: 99, firstPauseMs: 1e6, longestPauseMs: 1e6 } },
    );
    const pausing = failing.client.enqueue('adding', {}, { signal: AbortSignal.timeout(300) });
    await expect(pausing).rejects.toThrow(/timeout/);
  });

  test('a key that is rotated is asked for before each try', async () => {
    const keys = ['old', 'new'];
    await using place = await open({ '/runs': [cut, accepted] }, { key: () => keys.shift()! });
    await place.client.enqueue('adding', {});
    expect(place.server.heard.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });

  test('an address that is none is told at once', () => {
    expect(() => openClient({ url: 'localhost:2300' })).toThrow(NightshiftError);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 31])(
    'a timeout of %s ms is told at once',
    async (timeoutMs) => {
      await using opened = await open({});
      expect(() => openClient({ url: 'http://127.0.0.1', timeoutMs })).toThrow(/^timeoutMs: /);
      expect(await codeOf(opened.client.wait('run-1', { timeoutMs }))).toBe('client.argument');
    },
  );

  test('a server is never followed elsewhere with the key', async () => {
    const away: Reply = (response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    await using place = await open({ '/runs': [away] });
    expect(await codeOf(place.client.enqueue('adding', {}))).toBe('client.unreachable');
  });
});

test('enqueueMany sends one batch and answers the ids in order', async () => {
  const answer = { accepted: [{ index: 1, id: 'b' }, { index: 0, id: 'a' }], refused: [] }; // biome-ignore format: short
  await using place = await open({ '/runs/batch': [cut, json(202, answer)] });
  expect(await place.client.enqueueMany('adding', [{ a: 1 }, { a: 2 }], { priority: 3 })).toEqual([
    'a',
    'b',
  ]);
  expect(place.server.heard[1]).toMatchObject({
    body: {
      runs: [
        { job: 'adding', payload: { a: 1 }, priority: 3 },
        { job: 'adding', payload: { a: 2 }, priority: 3 },
      ],
    },
  });
  expect(await place.client.enqueueMany('adding', [])).toEqual([]);
  expect(place.server.heard).toHaveLength(2);
});

describe('cancel', () => {
  test('answers the run, also when the answer to the first try was lost', async () => {
    await using place = await open({
      '/runs/run-1/cancel': [cut, problem(409, 'run.finished')],
      '/runs/run-1': [json(200, run({ state: 'cancelled' }))],
    });
    expect(await place.client.cancel('run-1', { reason: 'too late' })).toMatchObject({
      state: 'cancelled',
    });
    expect(place.server.heard[0]!.body).toEqual({ reason: 'too late' });
  });

  test('of a run that succeeded is refused', async () => {
    await using place = await open({
      '/runs/run-1/cancel': [problem(409, 'run.finished')],
      '/runs/run-1': [json(200, run({ state: 'succeeded' }))],
    });
    expect(await codeOf(place.client.cancel('run-1'))).toBe('run.finished');
  });
});

describe('stream', () => {
  const path = '/runs/run-1/events';
  const first = event('1', 'state', { state: 'active' }) + event('2', 'log', { message: 'a' });
  const last = event('3', 'log', { message: 'b' }) + event('4', 'end', { state: 'succeeded' });

  test('goes on where it was cut', async () => {
    await using place = await open({
      [path]: [events(`${first}id: 3\nevent: log\nda`, 'cut'), problem(503, 'x'), events(last)],
    });
    const all = await collect(place.client.stream('run-1'));
    expect(all.map(({ id, type }) => `${id} ${type}`)).toEqual([
      '1 state',
      '2 log',
      '3 log',
      '4 end',
    ]);
    const asked = place.server.heard.map(({ headers }) => headers['last-event-id']);
    expect(asked).toEqual([undefined, '2', '2']);
    expect(place.server.heard[0]!.headers.accept).toBe('text/event-stream');
  });

  test('begins after an event that is known', async () => {
    await using place = await open({ [path]: [events(last)] });
    await collect(place.client.stream('run-1', { after: '2' }));
    expect(place.server.heard[0]!.headers['last-event-id']).toBe('2');
  });

  test('ends when the server has no more to say', async () => {
    await using place = await open({ [path]: [(response) => response.writeHead(204).end()] });
    expect(await collect(place.client.stream('run-1', { after: '4' }))).toEqual([]);
  });

  test('of a server that ends it again and again is given up', async () => {
    await using place = await open({ [path]: [events('retry: 1\n\n')] });
    expect(await codeOf(collect(place.client.stream('run-1')))).toBe('client.unreachable');
  });

  test('of a run that is not there is refused', async () => {
    await using place = await open({ [path]: [problem(404, 'run.missing')] });
    expect(await codeOf(collect(place.client.stream('run-1')))).toBe('run.missing');
  });

  test('becomes looks at the run, where the server has no streams', async () => {
    await using place = await open({
      '/runs/run-1': [
        json(200, run()),
        json(200, run({ progress: { done: 1, total: 2 } })),
        json(200, run({ state: 'succeeded' })),
      ],
      '/runs/run-1/logs': [json(200, { lines: [{ sequence: '4', message: 'a' }] }), json(200, { lines: [] })], // biome-ignore format: short
    });
    const all = await collect(place.client.stream('run-1'));
    expect(all.map(({ type }) => type)).toEqual(['state', 'log', 'progress', 'state', 'end']);
  });

  test('ends with the caller’s signal, and when nobody reads on', async () => {
    const open1: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(first);
    };
    await using place = await open({ [path]: [open1] });
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of place.client.stream('run-1', { signal: stop.signal })) {
        seen.push(type);
        if (seen.length === 2) stop.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    for await (const { type } of place.client.stream('run-1')) if (type === 'log') break;
  });
});

describe('wait', () => {
  const path = '/runs/run-1/events';
  const end = events(event('1', 'end', { state: 'succeeded' }));

  test('answers the run with its result', async () => {
    await using place = await open({
      [path]: [end],
      '/runs/run-1': [json(200, run({ state: 'succeeded', result: { sum: 3 } }))],
    });
    expect(await place.client.wait('run-1')).toMatchObject({ result: { sum: 3 } });
  });

  test('fetches a result that is too large for the run', async () => {
    await using place = await open({
      [path]: [end],
      '/runs/run-1': [json(200, run({ state: 'succeeded', artifact: { key: 'x' } }))],
      '/runs/run-1/result': [json(200, { sum: 4 })],
    });
    expect(await place.client.wait('run-1')).toMatchObject({ result: { sum: 4 } });
  });

  test('answers a run that failed as it is', async () => {
    await using place = await open({
      [path]: [events(event('1', 'end', {}))],
      '/runs/run-1': [json(200, run({ state: 'failed', error: { name: 'E', message: 'no' } }))],
    });
    expect(await place.client.wait('run-1')).toMatchObject({ state: 'failed' });
  });

  test('has an end when it is told to', async () => {
    const never: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': nothing new\n\n');
    };
    await using place = await open({ [path]: [never] });
    expect(await codeOf(place.client.wait('run-1', { timeoutMs: 100 }))).toBe('client.timeout');
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    await expect(place.client.wait('run-1', { signal })).rejects.toThrow('no longer wanted');
  });
});
