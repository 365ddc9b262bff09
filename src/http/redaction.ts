/** What stands in an answer for what its reader may not see. */
const redacted = { redacted: true } as const;

/** The fields that hold what was given to runs and what they made. */
const hidden: ReadonlySet<string> = new Set(['payload', 'result', 'answer']);

/** The answer with `{ "redacted": true }` for payloads and results, in whatever depth; what is null stays so. */
export function redact(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(redact);
  if (!isPlain(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([field, value]) => [
      field,
      hidden.has(field) && value !== null && value !== undefined ? redacted : redact(value),
    ]),
  );
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
  );
}
