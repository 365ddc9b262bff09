import type { Author } from './audit.ts';
import { type Duration, durationMs, formatMs } from './duration.ts';
import { Failure } from './errors.ts';

/** What becomes of runs of one job that are enqueued with the same key. */
export type UniqueRule = 'unique' | 'debounce' | 'throttle';

/** At most one of the three is given. A key is a text of 1 to 255 characters, and belongs to one job and rule. */
export interface UniquenessOptions {
  /**
   * No second run while the first has not ended, or, with `for`, within that time of its acceptance; the first
   * is answered instead. One that failed, was cancelled or expired stands in nobody's way. Without a key the
   * payload is the key, whatever the order of its own keys.
   */
  readonly unique?:
    | { readonly key?: string | undefined; readonly for?: Duration | undefined }
    | undefined;
  /**
   * A run that has not begun takes the new payload and waits `for` again, but begins no later than `upTo` after
   * the first enqueue.
   */
  readonly debounce?:
    | { readonly key: string; readonly for: Duration; readonly upTo?: Duration | undefined }
    | undefined;
  /**
   * One run begins at once, the next no sooner than `per` after it, with the newest payload of all that came
   * until then.
   */
  readonly throttle?: { readonly key: string; readonly per: Duration } | undefined;
}

/** The same in the words of the ledger. */
export interface Uniqueness {
  readonly rule: UniqueRule;
  readonly key: string;
  /** Milliseconds: the window of `unique` and `throttle`, or the quiet time of `debounce`. */
  readonly forMs?: number;
  /** Milliseconds from the first enqueue until a debounced run may begin, whatever comes. */
  readonly upToMs?: number;
}

/** What else is known of the run. */
export interface UniquenessSetting {
  readonly delayMs?: number;
  readonly expiresMs?: number;
  /** The key of a payload that is its own. */
  payloadKey(): string;
}

const rules = ['unique', 'debounce', 'throttle'] as const;
const longestKey = 255;
const longestDays = 3650;

/**
 * What the options come to, or undefined where none of the three is given. Throws `unique.together`,
 * `unique.key`, `unique.incomplete`, `unique.span`, `unique.expiry` or `duration.invalid`.
 */
export function readUniqueness(
  options: UniquenessOptions,
  setting: UniquenessSetting,
): Uniqueness | undefined {
  const [rule, second] = rules.filter((name) => options[name] !== undefined);
  if (rule === undefined) return undefined;
  if (second) throw together(rule, second, 'leave one of them out');
  if (rule !== 'unique' && (setting.delayMs ?? 0) > 0)
    throw together(rule, 'delay', `${rule} alone says when the run begins`);
  const uniqueness = readRule(rule, options, setting);
  checkExpiry(uniqueness, setting);
  return uniqueness;
}

/** What joins a run that is there already: two of one key do so in one name. */
export interface KeyedOffer {
  readonly job: string;
  readonly version: number;
  readonly payload: unknown;
  /** Whose run it is, where limits go by that: the payload says it. */
  readonly key?: string;
  readonly uniqueness: Uniqueness;
  /** Who offers it, where somebody does: with the payload goes the name. */
  readonly acceptedBy?: Author | undefined;
}

/** The same for offers of one key. */
export function nameOfKey({ job, uniqueness: { rule, key } }: KeyedOffer): string {
  return JSON.stringify([job, rule, key]);
}

/**
 * Offers of one key, in order, as the one offer that comes to the same as all of them, one after the other: the
 * first, which under `debounce` and `throttle` has the payload and the waiting time of the last.
 */
export function mergeOffers<Offer extends KeyedOffer>(offers: readonly [Offer, ...Offer[]]): Offer {
  const [first] = offers;
  const last = offers.at(-1)!;
  const { rule, upToMs } = first.uniqueness;
  if (rule === 'unique') return first;
  const { upToMs: _, ...quiet } = last.uniqueness;
  return {
    ...first,
    payload: last.payload,
    version: last.version,
    ...(last.key !== undefined && { key: last.key }),
    acceptedBy: last.acceptedBy,
    uniqueness: { ...quiet, ...(upToMs !== undefined && { upToMs }) },
  };
}

/**
 * Offers, in order, as rounds of those that may come together: of one key only those of one actor, so that each other
 * is told of by what they changed. A unique run is its first offer's, and the others change nothing.
 */
export function separateActors<Offer extends KeyedOffer>(offers: readonly Offer[]): Offer[][] {
  const rounds: Offer[][] = [];
  const last = new Map<string, { readonly actor: string; readonly round: number }>();
  for (const offer of offers) {
    const name = nameOfKey(offer);
    const actor = nameOfAuthor(offer);
    const { round, actor: before } = last.get(name) ?? { round: 0, actor };
    const own = before === actor ? round : round + 1;
    last.set(name, { actor, round: own });
    (rounds[own] ??= []).push(offer);
  }
  return rounds;
}

function nameOfAuthor({ acceptedBy, uniqueness }: KeyedOffer): string {
  if (!acceptedBy || uniqueness.rule === 'unique') return '';
  return `${acceptedBy.actor.kind} ${acceptedBy.actor.id}`;
}

function readRule(
  rule: UniqueRule,
  { unique, debounce, throttle }: UniquenessOptions,
  { payloadKey }: UniquenessSetting,
): Uniqueness {
  if (rule === 'unique') {
    const { key, for: span } = unique!;
    return {
      rule,
      key: key === undefined ? payloadKey() : readKey(rule, key),
      ...(span !== undefined && { forMs: readSpan('unique.for', span) }),
    };
  }
  if (rule === 'throttle')
    return {
      rule,
      key: readKey(rule, throttle!.key),
      forMs: readSpan('throttle.per', throttle!.per),
    };
  const { key, for: span, upTo } = debounce!;
  const forMs = readSpan('debounce.for', span);
  const upToMs = upTo === undefined ? undefined : readSpan('debounce.upTo', upTo);
  if (upToMs !== undefined && upToMs < forMs)
    throw new Failure('unique.span', {
      option: 'debounce.upTo',
      value: upTo!,
      remedy: `it cannot be shorter than debounce.for (${span})`,
    });
  return { rule, key: readKey(rule, key), forMs, ...(upToMs !== undefined && { upToMs }) };
}

function readKey(rule: UniqueRule, key: unknown): string {
  const fault = typeof key === 'string' ? faultOfLength(Array.from(key).length) : 'is no text';
  if (fault) throw new Failure('unique.key', { rule, fault, most: longestKey });
  return key as string;
}

function faultOfLength(length: number): string | undefined {
  if (length === 0) return 'is empty';
  return length > longestKey ? `has ${length} characters` : undefined;
}

function readSpan(option: string, span: Duration | undefined): number {
  if (span === undefined)
    throw new Failure('unique.incomplete', { option: option.split('.')[0]!, other: option });
  const ms = durationMs(span);
  if (ms > 0 && ms <= longestDays * 86_400_000) return ms;
  const remedy = ms > 0 ? `at most ${longestDays} days are allowed` : 'give more than none';
  throw new Failure('unique.span', { option, value: span, remedy });
}

/** A run that has to wait for longer than it may wait would never begin. */
function checkExpiry(
  { rule, forMs = 0, upToMs = 0 }: Uniqueness,
  { expiresMs }: UniquenessSetting,
): void {
  const longest = Math.max(forMs, upToMs);
  if (rule === 'unique' || expiresMs === undefined || longest <= expiresMs) return;
  throw new Failure('unique.expiry', {
    rule,
    span: formatMs(longest),
    expires: formatMs(expiresMs),
  });
}

function together(first: string, second: string, remedy: string): Failure {
  return new Failure('unique.together', { first, second, remedy });
}
