import { type Awaited, Cancel, GiveBack, Snooze, Suspended } from '../../core/endings.ts';
import { Failure, type FailureCode } from '../../core/errors.ts';
import { failures } from '../../core/failures.ts';
import { textOf } from '../../core/outcome.ts';

/** Something thrown on its way between two processes: it arrives as what it was. */
export type Packed =
  | {
      readonly kind: 'failure';
      readonly code: FailureCode;
      readonly details: unknown;
      readonly error: Told;
    }
  | { readonly kind: 'cancel'; readonly error: Told }
  | { readonly kind: 'give back'; readonly error: Told }
  | { readonly kind: 'snooze'; readonly delayMs: number; readonly error: Told }
  | { readonly kind: 'suspended'; readonly awaited: readonly Awaited[]; readonly error: Told }
  | { readonly kind: 'error'; readonly fields: Record<string, unknown>; readonly error: Told }
  | { readonly kind: 'value'; readonly text: string };

interface Told {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** Takes what any structured clone takes, whatever was thrown. */
export function pack(thrown: unknown): Packed {
  if (!(thrown instanceof Error)) return { kind: 'value', text: textOf(thrown) };
  const { name, message, stack } = thrown;
  const error = { name, message, stack };
  if (thrown instanceof Failure && thrown.code in failures)
    return { kind: 'failure', code: thrown.code, details: scalarsOf(thrown.details), error };
  if (thrown instanceof Cancel) return { kind: 'cancel', error };
  if (thrown instanceof GiveBack) return { kind: 'give back', error };
  if (thrown instanceof Snooze) return { kind: 'snooze', delayMs: thrown.delayMs, error };
  if (thrown instanceof Suspended) return { kind: 'suspended', awaited: thrown.awaited, error };
  // Its code above all: what a database or a file system says of itself.
  return { kind: 'error', fields: scalarsOf(thrown), error };
}

export function unpack(packed: Packed): unknown {
  if (packed.kind === 'value') return packed.text;
  return Object.assign(rebuild(packed), tellable(packed.error));
}

function rebuild(packed: Exclude<Packed, { kind: 'value' }>): Error {
  const { error } = packed;
  if (packed.kind === 'failure') return new Failure(packed.code, packed.details as never);
  if (packed.kind === 'cancel') return new Cancel(error.message);
  if (packed.kind === 'give back') return new GiveBack();
  if (packed.kind === 'snooze') return new Snooze(`${packed.delayMs}ms`);
  if (packed.kind === 'suspended') return new Suspended(packed.awaited);
  return Object.assign(new Error(error.message), packed.fields);
}

function tellable({ stack, ...error }: Told): Partial<Told> {
  return stack === undefined ? error : { ...error, stack };
}

/** The fields that are plain values; an error may hold sockets and functions, too. */
function scalarsOf(value: object): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, field]) =>
    ['string', 'number', 'boolean'].includes(typeof field),
  );
  return Object.fromEntries(entries);
}
