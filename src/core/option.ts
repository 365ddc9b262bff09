import { z } from 'zod';
import { type Duration, durationMs } from './duration.ts';
import { parseServerUrl } from './server-url.ts';
import { type Size, sizeBytes } from './size.ts';
import { closestTo } from './suggest.ts';

/** What a schema of this file says about itself, beside its description and default. */
export interface OptionMeta {
  /** What may be written, to go after "is not" and "write": `a whole number from 1 to 100`. */
  readonly allowed: string;
  /** True when the text may hold a password; `whole` when it is nothing else. */
  readonly secret?: boolean | 'whole';
}

/** A whole number. */
export function wholeNumber(from: number, upTo: number) {
  return option({ allowed: `a whole number from ${from} to ${upTo}` }, (text) => {
    const number = Number(text);
    return /^\d{1,15}$/.test(text) && number >= from && number <= upTo ? number : undefined;
  });
}

/** A duration, as its milliseconds. */
export function milliseconds(from: Duration, upTo: Duration) {
  const allowed = `a duration from ${from} to ${upTo}`;
  return option({ allowed }, (text) => readMs(text, from, upTo), suggestUnit);
}

/** A duration of whole seconds, as their number. */
export function seconds(from: Duration, upTo: Duration) {
  const allowed = `a duration of whole seconds from ${from} to ${upTo}`;
  return option({ allowed }, read, suggestUnit);

  function read(text: string): number | undefined {
    const ms = readMs(text, from, upTo);
    return ms === undefined || ms % 1000 !== 0 ? undefined : ms / 1000;
  }
}

/** A size, as its bytes. */
export function bytes(from: Size, upTo: Size) {
  const allowed = `a size from ${from} to ${upTo}`;
  return option({ allowed }, (text) => readWithin(text, sizeBytes, [from, upTo]));
}

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  const allowed = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return option(
    { allowed },
    (text) => words.find((word) => word === text),
    (text) => closestTo(text, words),
  );
}

/** Text of which the whole matches `pattern`, which `allowed` says in words. */
export function matching(pattern: RegExp, allowed: string) {
  return option({ allowed }, (text) => (pattern.test(text) ? text : undefined));
}

/** Any text but none, which `allowed` says in words. */
export function text(allowed: string) {
  return matching(/^[^\0]+$/, allowed);
}

/** A text of so many characters at least, which is never shown. */
export function secretText(fewest: number) {
  const allowed = `a secret of at least ${fewest} characters`;
  return option({ allowed, secret: 'whole' }, (given) =>
    given.length >= fewest ? given : undefined,
  );
}

/** Texts that each match `pattern` as a whole, with commas between them; none is fine. */
export function listOf(pattern: RegExp, allowed: string) {
  return option({ allowed: `a list, with commas, of ${allowed}` }, (text) => {
    const items = text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
    return items.every((item) => pattern.test(item)) ? items : undefined;
  });
}

/** The URL of a server, by one of `protocols` (`postgres:`). */
export function serverUrl(protocols: readonly string[], example: string) {
  const allowed = `a URL such as ${example} (in a password, write @ / # ? : as %40 %2F %23 %3F %3A)`;
  return option({ allowed, secret: true }, (text) =>
    protocols.includes(parseServerUrl(text)?.protocol ?? '') ? text : undefined,
  );
}

/** An option arrives as text; `read` gives its value, or undefined for what is not allowed. */
function option<Value>(
  meta: OptionMeta,
  read: (text: string) => Value | undefined,
  suggest: (text: string) => string | undefined = () => undefined,
) {
  return z
    .string()
    .transform((text, context): Value => {
      const value = read(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: faultOf(text) });
      return z.NEVER;
    })
    .meta({ ...meta });

  function faultOf(text: string): string {
    const better = [text.trim(), text.trim().toLowerCase(), suggest(text.trim())].find(
      (candidate) => candidate !== undefined && read(candidate) !== undefined,
    );
    return better === undefined || meta.secret
      ? `is not ${meta.allowed}.`
      : `is not ${meta.allowed}; did you mean "${better}"?`;
  }
}

function readMs(text: string, from: Duration, upTo: Duration): number | undefined {
  return readWithin(text, durationMs, [from, upTo]);
}

function readWithin(
  text: string,
  read: (text: string) => number,
  [from, upTo]: readonly [string, string],
): number | undefined {
  try {
    const value = read(text);
    return value >= read(from) && value <= read(upTo) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, or what `5 min` and `30 sec` begin with. */
function suggestUnit(text: string): string | undefined {
  const match = /^(\d+) *([smhd]?)\w*$/.exec(text.toLowerCase());
  return match ? `${match[1]}${match[2] || 's'}` : undefined;
}
