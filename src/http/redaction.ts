import { failures } from '../core/failures.ts';

/** What stands in an answer for what its reader may not see. */
const redacted = { redacted: true } as const;

/** The same where an answer has a text. */
const redactedText = '(redacted)';

/** The fields that hold what was given to runs and what they made. */
const hidden: ReadonlySet<string> = new Set(['payload', 'result', 'answer']);

/** Fields in which words of a job may stand beside what is no secret. */
const partly: Readonly<Record<string, (value: object) => object>> = {
  error: redactError,
  progress: redactProgress,
};

/** Lists whose entries say in words what may come out of payloads. */
const listed: Readonly<Record<string, (entry: object) => object>> = {
  lines: redactLine,
  deliveries: redactDelivery,
};

/**
 * The answer without what its reader may not see, in whatever depth: `{ "redacted": true }` for payloads and results, and
 * `(redacted)` for what a job may have written out of them, messages of errors, lines of the log, notes of progress. What is
 * null stays so.
 */
export function redact(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(redact);
  if (!isPlain(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([field, value]) => [field, redactField(field, value)]),
  );
}

/** The same for an event of a run. */
export function redactEvent(event: string, data: object): unknown {
  if (event === 'log') return redactLine(data);
  return event === 'progress' ? redactProgress(data) : redact(data);
}

function redactField(field: string, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (hidden.has(field)) return redacted;
  const entry = listed[field];
  if (entry && Array.isArray(value)) return value.map(entry);
  const part = partly[field];
  return part && isPlain(value) ? part(value) : redact(value);
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
