import { failures } from '../core/failures.ts';
import type { Permission } from '../core/permissions.ts';

/** What stands in an answer for what its reader may not see. */
export const redacted = { redacted: true } as const;

/** The same where an answer has a text. */
export const redactedText = '(redacted)';

/** The fields that hold what was given to runs and what they made. */
const hidden: ReadonlySet<string> = new Set(['payload', 'result', 'answer']);

/** What is left out of an answer. */
export interface Hidden {
  /** Payloads and results. */
  readonly payloads: boolean;
  /** What a job may have written out of them: messages of errors, lines of the log, notes of progress. */
  readonly words: boolean;
}

/** What whoever asks may not see; undefined where that is nothing. */
export function hiddenFrom(reader: { may(permission: Permission): boolean }): Hidden | undefined {
  const hides = { payloads: !reader.may('payload:reveal'), words: !reader.may('words:reveal') };
  return hides.payloads || hides.words ? hides : undefined;
}

/** The answer without that, in whatever depth: `{ "redacted": true }` and `(redacted)` stand there. What is null stays so. */
export function redact(answer: unknown, hides: Hidden): unknown {
  if (Array.isArray(answer)) return answer.map((item) => redact(item, hides));
  if (!isPlain(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([field, value]) => [field, redactField(field, value, hides)]),
  );
}

/** The same for an event of a run. */
export function redactEvent(hides: Hidden): (event: string, data: object) => unknown {
  return (event, data) => {
    if (event === 'log') return hides.words ? redactLine(data) : data;
    if (event === 'progress') return hides.words ? redactProgress(data) : data;
    return redact(data, hides);
  };
}

function redactField(field: string, value: unknown, hides: Hidden): unknown {
  if (value === null || value === undefined) return value;
  if (hidden.has(field)) return hides.payloads ? redacted : value;
  const words = hides.words && wordsIn[field];
  return words ? words(value) : redact(value, hides);
}

/** Fields in which words of a job may stand beside what is no secret. */
const wordsIn: Readonly<Record<string, (value: unknown) => unknown>> = {
  error: (error) => (isPlain(error) ? redactError(error) : error),
  progress: (progress) => (isPlain(progress) ? redactProgress(progress) : progress),
  lines: (lines) => ofEach(lines, redactLine),
  deliveries: (deliveries) => ofEach(deliveries, redactDelivery),
};

function ofEach(list: unknown, redactOne: (one: object) => object): unknown {
  return Array.isArray(list) ? list.map((one: object) => redactOne(one)) : list;
}

/** Its name, code and fingerprint stay; of a failure of ours also the sentence, without what stood in it. */
function redactError(error: object): object {
  const { message: _, stack: __, ...kept } = error as { message?: string; stack?: string };
  return { ...kept, message: sentenceOf(kept), ...redacted };
}

/** Why one was refused says nothing of its body, which was not read then. */
function redactDelivery(delivery: object): object {
  const { outcome } = delivery as { outcome?: string };
  return outcome === 'failed' ? { ...delivery, reason: sentenceOf(delivery) } : delivery;
}

function sentenceOf({ code }: { readonly code?: unknown }): string {
  return Object.entries(failures).find(([known]) => known === code)?.[1][1] ?? redactedText;
}

function redactProgress(progress: object): object {
  return 'note' in progress ? { ...progress, note: redactedText } : progress;
}

function redactLine(line: object): object {
  const { data } = line as { data?: unknown };
  return {
    ...line,
    message: redactedText,
    ...(data !== null && data !== undefined && { data: redacted }),
  };
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
  );
}
