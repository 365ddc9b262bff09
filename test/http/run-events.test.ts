import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { noMark } from '../../src/http/event-mark.ts';
import { streamRun } from '../../src/http/run-events.ts';
import { openRunWatch } from '../../src/http/run-watch.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { type EventStream, openEventStream } from '../support/event-stream.ts';
import { footprints } from '../support/footprint.ts';
import { jobOf } from '../support/runtime.ts';
import { until } from '../support/until.ts';

let goOn = Promise.withResolvers<void>();
const chatty = jobOf(
  'chatty',
  async (ctx) => {
    ctx.log.info('begun', { attempt: ctx.run.attempt });
    ctx.progress(1, 2, 'half');
    await goOn.promise;
    if (ctx.run.attempt === 1) throw new Error('once');
    ctx.log.warn('ending');
  },
  { retry: { attempts: 2, backoff: 'fixed', from: '1ms' } as never },
);
const wordy = jobOf('wordy', (ctx) => {
  for (let i = 0; i < 1000; i++) ctx.log.info(`line ${i}`, { text: 'x'.repeat(2000) });
  return Promise.resolve();
});

describe.each(footprints)('events of a run, %s', (footprint) => {
  let api: TestApi;
  let url: string;
  beforeAll(async () => {
    api = await openTestApi(footprint, [chatty, wordy], {
      streams: { heartbeatMs: 200, most: 20 },
    });
    url = await api.listen();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const enqueue = async (job: string, delay?: string) =>
    (await api.call<{ id: string }>('POST', '/runs', { job, ...(delay && { delay }) })).body.id;
  const follow = (id: string, headers?: Record<string, string>) =>
    openEventStream(`${url}/runs/${id}/events`, headers);
  const named = (stream: EventStream, name: string) =>
    stream.events.filter(({ event }) => event === name);

  test('states, attempts, lines and progress arrive as they happen, and then the end', async () => {
    goOn = Promise.withResolvers();
    const id = await enqueue('chatty');
    await using stream = await follow(id);
    expect(await stream.find(({ event }) => event === 'state')).toMatchObject({
      data: { run: id, state: 'queued' },
    });
    await api.runtime.work();
    await stream.find(({ data }) => data['state'] === 'active');
    expect(await stream.find(({ event }) => event === 'log')).toMatchObject({
      data: { level: 'info', message: 'begun', attempt: 1 },
    });
    expect(await stream.find(({ event }) => event === 'progress')).toMatchObject({
      data: { done: 1, total: 2, note: 'half' },
    });
    await until(() => stream.comments.includes('nothing new'));
    expect(stream.ended).toBe(false);
    goOn.resolve();
    await stream.end();
    expect(named(stream, 'attempt')).toMatchObject([
      { data: { attempt: 1, ending: 'retry', error: { message: 'once' } } },
    ]);
    expect(named(stream, 'log').map(({ data }) => data['message'])).toEqual([
      'begun',
      'begun',
      'ending',
    ]);
    expect(stream.events.slice(-2)).toMatchObject([
      { event: 'state', data: { state: 'succeeded', attempt: 2 } },
      { event: 'end', data: { state: 'succeeded', run: id } },
    ]);
  });

  test('a stream that is taken up again tells everything once, from any place', async () => {
    goOn.resolve();
    const id = await enqueue('chatty');
    await api.ended(id);
    await using whole = await follow(id);
    await whole.end();
    for (const [at, event] of whole.events.entries()) {
      await using rest = await follow(id, { 'last-event-id': event.id });
      const following = whole.events.slice(at + 1);
      if (following.length === 0) {
        expect(rest.status).toBe(204);
        continue;
      }
      await rest.end();
      expect(rest.events.map(({ id, event }) => [id, event])).toEqual(
        following.map(({ id, event }) => [id, event]),
      );
    }
  });

  test('a thousand long lines reach a client whole and in order', async () => {
    const id = await enqueue('wordy');
    await using stream = await follow(id);
    await stream.end();
    const lines = named(stream, 'log').map(({ data }) => data['message']);
    expect(lines).toEqual(Array.from({ length: 1000 }, (_, i) => `line ${i}`));
  });

  test('a wrong place, an unknown run and one stream too many are problems', async () => {
    const id = await enqueue('chatty', '1h');
    expect((await follow(id, { 'last-event-id': 'nonsense' })).status).toBe(400);
    expect((await follow('01900000-0000-7000-8000-000000000000')).status).toBe(404);
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(id)));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    expect((await follow(id)).status).toBe(429);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
    const again = await until(async () => {
      const stream = await follow(id);
      return stream.status === 200 ? stream : undefined;
    });
    await again[Symbol.asyncDispose]();
  });

  test('what a client does not take is not read for it', async () => {
    const id = await enqueue('wordy');
    await api.ended(id);
    const { database } = api.runtime;
    let reads = 0;
    const sql: Sql = {
      query(text, values) {
        reads += text.includes('nightshift.logs where') ? 1 : 0;
        return database.query(text, values);
      },
    };
    const watch = openRunWatch(sql);
    const { signal } = new AbortController();
    const events = streamRun({ sql, watch }, { id, mark: noMark, signal, heartbeatMs: 60_000 });
    for (let taken = 0; taken < 10; taken++) expect((await events.next()).done).toBe(false);
    expect(reads).toBe(1);
    await events.return(undefined);
    expect(watch.size).toBe(0);
    watch.close();
  });

  test('a server that closes ends its streams, without saying that the run has ended', async () => {
    const id = await enqueue('chatty', '1h');
    await using stream = await follow(id);
    await stream.find(({ event }) => event === 'state');
    await api.server.close();
    await stream.end();
    expect(named(stream, 'end')).toEqual([]);
  });
});
