import { type FailureKind, failures } from './failures.ts';

export type FailureCode = keyof typeof failures;

type Placeholder<Sentence> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;

/** What a failure's sentence asks for, and anything else worth keeping. */
export type FailureDetails<Code extends FailureCode> = Record<
  Placeholder<(typeof failures)[Code][1]>,
  string | number
> &
  Record<string, unknown>;

/** The one error class: `code` names it for programs, `message` tells a person what to do. */
export class Failure<Code extends FailureCode = FailureCode> extends Error {
  readonly code: Code;
  readonly kind: FailureKind;
  readonly details: Record<string, unknown>;

  constructor(code: Code, details: FailureDetails<Code>, cause?: unknown) {
    const [kind, sentence] = failures[code];
    super(fill(sentence, details), cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.code = code;
    this.kind = kind;
    this.details = details;
  }
}

/** True when `error` is the failure `code`. */
export function isFailure<Code extends FailureCode>(
  error: unknown,
  code: Code,
): error is Failure<Code> {
  return error instanceof Failure && error.code === code;
}

function fill(sentence: string, details: Record<string, unknown>): string {
  return sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(details[name]));
}
