/**
 * False when `value` is certainly at most `limit` bytes of JSON: cheap for what is small, so that hardly
 * anything has to be encoded only to be measured. True says nothing but that it has to be.
 */
export function mayExceed(value: unknown, limit: number): boolean {
  return budgetAfter(value, limit) < 0;
}

/**
 * About how many bytes `value` takes as JSON, `most` of what is more or has none: what plain text comes to, so that
 * the truth is at the most six times as much.
 */
export function aboutBytes(value: unknown, most: number): number {
  const left = budgetAfter(value, most * unitBytes);
  if (left === unmeasured) return Math.min(most, encodedBytes(value) ?? most);
  return most - Math.floor(Math.max(0, left) / unitBytes);
}

/** Undefined where no JSON can say it. */
function encodedBytes(value: unknown): number | undefined {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** The most that one UTF-16 unit takes: `\u0000`. */
const unitBytes = 6;

/** A number, a moment, and the texts that stand for what has no JSON. */
const scalarBytes = 30;

/** What is nested deeper is encoded to be measured, and so is a circle. */
const deepest = 100;

/** What is left after what has to be encoded to be measured. */
const unmeasured = Number.NEGATIVE_INFINITY;

/** What is left of `budget` bytes after `value`; negative as soon as they may be used up. */
function budgetAfter(value: unknown, budget: number, depth = 0): number {
  if (typeof value === 'string') return budget - value.length * unitBytes - 2;
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return budget - scalarBytes;
  if ('toJSON' in value || depth > deepest) return unmeasured;
  return Array.isArray(value)
    ? budgetAfterItems(value, budget - 2, depth)
    : budgetAfterFields(value as Record<string, unknown>, budget - 2, depth);
}

/** Holes, too, which JSON writes as null. */
function budgetAfterItems(items: readonly unknown[], budget: number, depth: number): number {
  let left = budget - items.length;
  for (let i = 0; i < items.length && left >= 0; i++) left = budgetAfter(items[i], left, depth + 1);
  return left;
}

/** Inherited fields count, too: to look for them would cost more than they. */
function budgetAfterFields(value: Record<string, unknown>, budget: number, depth: number): number {
  let left = budget;
  for (const name in value) {
    left = budgetAfter(value[name], left - name.length * unitBytes - 4, depth + 1);
    if (left < 0) break;
  }
  return left;
}
