import { createHash } from 'node:crypto';

/** What another span is found by. */
export interface SpanPlace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** Something that happened, with its beginning and its end. */
export interface SpanRecord extends SpanPlace {
  readonly name: string;
  readonly kind: keyof typeof spanKinds;
  readonly parentId?: string | undefined;
  /** Milliseconds of Unix time. */
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links?: readonly SpanPlace[];
  /** What went wrong, in a word; absent: nothing. */
  readonly fault?: string | undefined;
}

/** As OpenTelemetry's API numbers them. */
export const spanKinds = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;

/** The trace of a run, or of a request: its id, which is a UUID and has as many digits. */
export function traceIdOf(uuid: string): string {
  return uuid.replaceAll('-', '');
}

/** The same id for the same parts, on whatever machine: nobody has to hand it on. */
export function spanIdOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Where a caller's span is, by its `traceparent` header (W3C Trace Context); undefined for what is none. */
export function readTraceparent(header: unknown): SpanPlace | undefined {
  const match =
    typeof header === 'string' && /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/.exec(header);
  if (!match || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return undefined;
  return { traceId: match[1]!, spanId: match[2]! };
}
