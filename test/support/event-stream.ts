import { until } from './until.ts';

/** One event of a stream. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A client of an event stream that keeps what came. */
export interface EventStream extends AsyncDisposable {
  readonly status: number;
  readonly events: readonly StreamedEvent[];
  readonly comments: readonly string[];
  /** True once the server has ended it. */
  readonly ended: boolean;
  /** The first event that fits, once it is there. */
  find(fits: (event: StreamedEvent) => boolean): Promise<StreamedEvent>;
  /** Resolves when the server has ended it. */
  end(): Promise<void>;
}

export async function openEventStream(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const events: StreamedEvent[] = [];
  const comments: string[] = [];
  let ended = false;
  const reading = read();

  async function read(): Promise<void> {
    let text = '';
    try {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) take(block);
      }
      ended = true;
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  }

  function take(block: string): void {
    if (block.startsWith(':')) return void comments.push(block.slice(1).trim());
    const fields = new Map(
      block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]),
    );
    if (!fields.has('event')) return;
    events.push({
      id: fields.get('id')!,
      event: fields.get('event')!,
      data: JSON.parse(fields.get('data')!) as Record<string, unknown>,
    });
  }

  return {
    status: response.status,
    events,
    comments,
    get ended() {
      return ended;
    },
    find: (fits) => until(() => events.find(fits), { timeoutMs: 30_000 }),
    end: async () => void (await until(() => ended, { timeoutMs: 30_000 })),
    async [Symbol.asyncDispose]() {
      abort.abort();
      await reading;
    },
  };
}
