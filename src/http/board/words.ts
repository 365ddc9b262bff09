import { redactedText } from '../redaction.ts';

/** Where jobs stand in an answer. */
const around: ReadonlySet<string> = new Set(['queues', 'jobs', 'job']);

/** What Bull Board answers, without what jobs wrote: why they failed, and their logs, which are lists of texts. */
export function withoutWords(answer: unknown): unknown {
  if (typeof answer === 'string') return redactedText;
  if (Array.isArray(answer)) return answer.map(withoutWords);
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [name, withoutWordsIn(name, value)]),
  );
}

function withoutWordsIn(name: string, value: unknown): unknown {
  if (name === 'failedReason') return value ? redactedText : value;
  if (name === 'stacktrace') return [];
  return around.has(name) ? withoutWords(value) : value;
}
