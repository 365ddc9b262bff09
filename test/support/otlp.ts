import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it arrived. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly fault: string | undefined;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** The next requests are refused. */
  isAway: boolean;
}

/** A stand-in for an OpenTelemetry collector: OTLP over HTTP, protobuf. */
export async function openCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const self = { isAway: false };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isRight =
        request.url === '/v1/traces' &&
        request.headers['content-type'] === 'application/x-protobuf';
      if (isRight && !self.isAway) spans.push(...readRequest(Buffer.concat(chunks)));
      response.writeHead(isRight && !self.isAway ? 200 : 400).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(self, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** The fields of one message of protobuf: numbers for varints and fixed ones, bytes for the rest. */
function readFields(bytes: Buffer): Map<number, (bigint | Buffer)[]> {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => bytes.subarray(at, (at += length));
  const readers: Record<number, () => bigint | Buffer> = {
    0: varint,
    1: () => take(8).readBigUInt64LE(),
    2: () => take(Number(varint())),
    5: () => BigInt(take(4).readUInt32LE()),
  };
  while (at < bytes.length) {
    const key = Number(varint());
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), readers[key & 7]!()]);
  }
  return fields;
}

// The numbers are those of opentelemetry/proto/trace/v1/trace.proto.
function readRequest(bytes: Buffer): ReceivedSpan[] {
  const inner = (message: Buffer, field: number) =>
    (readFields(message).get(field) ?? []) as Buffer[];
  return inner(bytes, 1)
    .flatMap((resource) => inner(resource, 2))
    .flatMap((scope) => inner(scope, 2))
    .map(readSpan);
}

function readSpan(bytes: Buffer): ReceivedSpan {
  const fields = readFields(bytes);
  const first = (field: number) => fields.get(field)?.[0];
  const hex = (value: unknown) => (value as Buffer | undefined)?.toString('hex') ?? '';
  const all = (field: number) => (fields.get(field) ?? []) as Buffer[];
  const status = readFields((first(15) ?? Buffer.alloc(0)) as Buffer);
  return {
    traceId: hex(first(1)),
    spanId: hex(first(2)),
    parentId: hex(first(4)),
    name: String(first(5)),
    kind: Number(first(6)),
    from: first(7) as bigint,
    to: first(8) as bigint,
    attributes: Object.fromEntries(all(9).map(readAttribute)),
    links: all(13).map((link) => {
      const place = readFields(link);
      return { traceId: hex(place.get(1)?.[0]), spanId: hex(place.get(2)?.[0]) };
    }),
    fault: status.get(3)?.[0] === 2n ? String(status.get(2)?.[0] ?? '') : undefined,
  };
}

function readAttribute(bytes: Buffer): [string, string | number] {
  const fields = readFields(bytes);
  const value = readFields(fields.get(2)![0] as Buffer);
  const text = value.get(1)?.[0];
  return [String(fields.get(1)![0]), text === undefined ? Number(value.get(3)?.[0]) : String(text)];
}
