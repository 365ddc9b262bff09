import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type SpanRecord, spanKinds } from './span.ts';

/** Sends spans to a collector in batches; keeps few, and loses them sooner than it holds anything up. */
export interface SpanExport {
  add(span: SpanRecord): void;
  /** Sends what is left, for a few seconds at the most. */
  close(): Promise<void>;
}

export interface SpanExportOptions {
  readonly url: string;
  /** Of the process: `service.name` and what else tells it apart. */
  readonly resource: Readonly<Record<string, string>>;
  onError(error: unknown): void;
}

const everyMs = 1000;
const batchSize = 512;
const mostWaiting = 4096;
const timeoutMillis = 5000;

/** Loads the exporter, which nobody else does. */
export async function openSpanExport({
  url,
  resource,
  onError,
}: SpanExportOptions): Promise<SpanExport> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis,
  });
  let waiting: SpanRecord[] = [];
  let sending: Promise<void> | undefined;
  const timer = setInterval(() => void flush(), everyMs).unref();

  function flush(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize);
      waiting = waiting.slice(batchSize);
      const error = await send(batch);
      if (error) {
        waiting = [];
        onError(error);
      }
    }
  }

  function send(batch: readonly SpanRecord[]): Promise<Error | undefined> {
    return new Promise((resolve) => {
      exporter.export(
        batch.map((span) => asReadable(span, resource)),
        ({ error }) => resolve(error),
      );
    });
  }

  return {
    add(span) {
      if (waiting.length < mostWaiting) waiting.push(span);
    },
    async close() {
      clearInterval(timer);
      await flush();
      await exporter.shutdown();
    },
  };
}

type Readable = Parameters<OTLPTraceExporter['export']>[0][number];

/** The exporter wants what the SDK makes of a span; of the SDK we need nothing else. */
function asReadable(span: SpanRecord, resource: Readonly<Record<string, string>>): Readable {
  const { traceId, spanId, parentId, from, to, links = [], fault } = span;
  const placeOf = (place: { traceId: string; spanId: string }) => ({ ...place, traceFlags: 1 });
  return {
    name: span.name,
    kind: spanKinds[span.kind],
    spanContext: () => placeOf({ traceId, spanId }),
    ...(parentId !== undefined && { parentSpanContext: placeOf({ traceId, spanId: parentId }) }),
    startTime: asHrTime(from),
    endTime: asHrTime(to),
    duration: asHrTime(to - from),
    status: fault === undefined ? { code: 0 } : { code: 2, message: fault },
    attributes: span.attributes,
    links: links.map((place) => ({ context: placeOf(place) })),
    events: [],
    ended: true,
    resource: { attributes: resource, merge: () => undefined, getRawAttributes: () => [] },
    instrumentationScope: { name: 'nightshift' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as unknown as Readable;
}

function asHrTime(ms: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
