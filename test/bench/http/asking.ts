/** What a load asks again and again, as it goes over the wire. */
export interface Asked {
  /** What it is counted under. */
  readonly kind: string;
  readonly text: string;
}

export interface Load {
  readonly port: number;
  /** Held open all the time. */
  readonly connections: number;
  /** Requests in all, of `asked` in turn. */
  readonly size: number;
  readonly asked: readonly Asked[];
  /** By the clock, whatever became of those before; as fast as answers come when left out. */
  readonly perSecond?: number;
}

/** What came of all requests of one kind. */
export interface Felt {
  readonly requests: number;
  /** Refusals, broken connections and answers that were none. */
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** What came of a load. */
export interface Answered {
  readonly ms: number;
  readonly all: Felt;
  readonly byKind: Readonly<Record<string, Felt>>;
  /** The first few of what went wrong. */
  readonly faults: readonly string[];
}

/** A request in HTTP/1.1 that keeps its connection. */
export function requestOf(
  kind: string,
  path: string,
  { key, body }: { readonly key?: string; readonly body?: unknown } = {},
): Asked {
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    ...(key === undefined ? [] : [`authorization: Bearer ${key}`]),
    ...(body === undefined
      ? []
      : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
  ];
  return { kind, text: `${head.join('\r\n')}\r\n\r\n${text}` };
}
