import { z } from 'zod';
import { Failure } from '../core/errors.ts';

/** `input` as `schema` understands it, or the failure `code` with every fault of it. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  code: 'search.invalid' | 'decisions.invalid' | 'correction.invalid',
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`,
  );
  throw new Failure(code, { faults: faults.join('; ') });
}
