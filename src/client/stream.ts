import { openEventReader, type StreamEvent } from './event-stream.ts';
import type { Http } from './http.ts';
import { pause } from './pause.ts';
import { pollRun } from './poll.ts';
import { isProblem, NightshiftError, ProblemError } from './problem.ts';
import { pauseBefore } from './retry.ts';
import type { RunEvent } from './run-event.ts';

export interface StreamOptions {
  /** Goes on after the event with this id. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

const usualRetryMs = 2000;

/** No server lets a stream be silent for so long. */
const silenceMs = 60_000;

/**
 * What happens to a run, until its end. A connection that is cut is opened again where it was; a server that has no
 * streams is asked every so often instead. Throws what the server refuses, and `client.unreachable` when it stays away.
 */
export async function* streamRun(
  http: Http,
  id: string,
  { after = '', signal }: StreamOptions = {},
): AsyncGenerator<RunEvent> {
  let lastId = after;
  let retryMs = usualRetryMs;
  for (let tried = 1; ; tried++) {
    try {
      const opened = await openStream(http, id, { after: lastId, signal });
      if (opened === undefined) return;
      for await (const { event, asked } of readEvents(opened, lastId)) {
        retryMs = asked ?? retryMs;
        if (!event) continue;
        tried = 0;
        lastId = event.id;
        yield toRunEvent(event);
        if (event.name === 'end') return;
      }
      // The server has closed, as one that stops does: another one may be there.
      await pause(tried === 0 ? Math.random() * 200 : retryMs, signal);
      if (tried >= http.retry.tries) throw cut(id);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (hasNoStream(error)) {
        yield* pollRun(http, id, signal);
        return;
      }
      const ms = pauseBefore(
        asLost(error),
        { tried: Math.max(1, tried), random: Math.random() },
        http.retry,
      );
      if (ms === undefined) throw asLost(error);
      await pause(Math.max(ms, Math.min(retryMs, http.retry.longestPauseMs)), signal);
    }
  }
}

/** The stream, or undefined where the server says that there is no more. */
async function openStream(
  http: Http,
  id: string,
  { after, signal }: { after: string; signal: AbortSignal | undefined },
): Promise<ReadableStream<Uint8Array> | undefined> {
  const response = await http.open({
    method: 'GET',
    path: `/runs/${encodeURIComponent(id)}/events`,
    headers: { accept: 'text/event-stream', ...(after !== '' && { 'last-event-id': after }) },
    signal,
  });
  if (response.status === 204) return undefined;
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (isStream && response.body) return response.body;
  await response.body?.cancel();
  throw new NightshiftError('client.answer', `The events of run ${id} are no event stream.`);
}

async function* readEvents(
  body: ReadableStream<Uint8Array>,
  lastId: string,
): AsyncGenerator<{ event?: StreamEvent; asked: number | undefined }> {
  const pieces = body.getReader();
  const reader = openEventReader(lastId);
  try {
    for (;;) {
      const { done, value } = await withinSilence(pieces);
      if (done) return;
      const events = reader.read(value);
      if (events.length === 0) yield { asked: reader.retryMs };
      for (const event of events) yield { event, asked: reader.retryMs };
    }
  } finally {
    await pieces.cancel().catch(() => undefined);
  }
}

/** A connection that was lost without a word looks like one on which nothing happens. */
async function withinSilence(pieces: ReadableStreamDefaultReader<Uint8Array>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new NightshiftError('client.timeout', 'The stream of events fell silent.')),
      silenceMs,
    );
  });
  try {
    return await Promise.race([pieces.read(), silent]);
  } finally {
    clearTimeout(timer);
  }
}

/** The server is older than its streams, or has as many open as it can. */
function hasNoStream(error: unknown): boolean {
  return isProblem(error, 'route.missing') || isProblem(error, 'events.crowded');
}

function toRunEvent({ id, name, data }: StreamEvent): RunEvent {
  try {
    return { id, type: name, data: JSON.parse(data) as unknown } as RunEvent;
  } catch (error) {
    throw new NightshiftError('client.answer', `The event ${name} has no JSON in it.`, error);
  }
}

/** What breaks while a stream is read is a lost connection, whatever it is called. */
function asLost(error: unknown): unknown {
  if (error instanceof NightshiftError || error instanceof ProblemError) return error;
  return new NightshiftError('client.unreachable', 'The stream of events was cut.', error);
}

function cut(id: string): NightshiftError {
  return new NightshiftError(
    'client.unreachable',
    `The events of run ${id} end again and again before the run does.`,
  );
}
