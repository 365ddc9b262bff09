import { type Duration, durationMs, formatMs } from './duration.ts';

/** How many runs of a job may be under way, in the whole cluster; at least one of the two is given. */
export interface Concurrency {
  readonly total?: number;
  readonly perKey?: number;
}

/** At most `max` attempts start within any `per`, of the job or of each key. */
export interface Rate {
  readonly max: number;
  readonly per: Duration;
  readonly perKey?: boolean;
}

/** How many runs of a job may wait, and what happens to one more. */
export interface MaxQueued {
  readonly runs: number;
  readonly whenFull: 'reject' | 'drop oldest';
}

/** What makes the runs of a job wait in Postgres until they may run; a job with any of these is gated. */
export interface LimitOptions<Payload> {
  /**
   * Whose run it is: a tenant, a mailbox. Runs of different keys take turns. Pure; a text of 1 to 255
   * characters.
   */
  key?(payload: Payload): string;
  readonly concurrency?: Concurrency;
  readonly rate?: Rate;
  /** The time of waiting that makes up for one step of priority; left out: priority goes before age. */
  readonly ageing?: Duration;
  readonly maxQueued?: MaxQueued;
}

/** Any job's limits, by their names alone. */
export type Limits = LimitOptions<never>;

/** The options that make a job gated. */
export const limitOptions = ['key', 'concurrency', 'rate', 'ageing', 'maxQueued'] as const;

/** True when runs of the job wait at its gate before the queue hears of them. */
export function isGated(job: Limits): boolean {
  return limitOptions.some((name) => job[name] !== undefined);
}

/** Characters of a key, at most. */
export const longestKey = 255;

/** What is wrong with the limits of a job's definition. */
export function findLimitFaults({ key, concurrency, rate, ageing, maxQueued }: Limits): string[] {
  const perKey = concurrency?.perKey !== undefined ? 'concurrency.perKey' : 'rate.perKey';
  return [
    ...(key !== undefined && typeof key !== 'function' ? ['key: not a function'] : []),
    ...(concurrency ? findConcurrencyFaults(concurrency) : []),
    ...(rate ? findRateFaults(rate) : []),
    ...(key === undefined && (concurrency?.perKey !== undefined || rate?.perKey)
      ? [`${perKey}: needs the option key, which says whose run it is`]
      : []),
    ...(ageing === undefined ? [] : findSpanFaults('ageing', ageing)),
    ...(maxQueued ? findQueueFaults(maxQueued) : []),
  ];
}

function findConcurrencyFaults(concurrency: Concurrency): string[] {
  const { total, perKey } = concurrency;
  const none = total === undefined && perKey === undefined;
  return [
    ...findStrangers('concurrency', concurrency, ['total', 'perKey']),
    ...(none ? ['concurrency: says neither total nor perKey'] : []),
    ...(total === undefined ? [] : findCountFaults('concurrency.total', total, mostRuns)),
    ...(perKey === undefined ? [] : findCountFaults('concurrency.perKey', perKey, mostRuns)),
  ];
}

function findRateFaults(rate: Rate): string[] {
  return [
    ...findStrangers('rate', rate, ['max', 'per', 'perKey']),
    ...findCountFaults('rate.max', rate.max, mostStarts),
    ...findSpanFaults('rate.per', rate.per),
  ];
}

function findQueueFaults(maxQueued: MaxQueued): string[] {
  const { runs, whenFull } = maxQueued;
  const policies: readonly string[] = ['reject', 'drop oldest'];
  return [
    ...findStrangers('maxQueued', maxQueued, ['runs', 'whenFull']),
    ...findCountFaults('maxQueued.runs', runs, mostRuns),
    ...(policies.includes(whenFull)
      ? []
      : [`maxQueued.whenFull: "${whenFull}" is neither reject nor drop oldest`]),
  ];
}

/** Each accept under `maxQueued` counts what waits, and each release under `concurrency` what is under way. */
const mostRuns = 100_000;
/** Each release counts the starts within the window. */
const mostStarts = 10_000;

function findCountFaults(where: string, count: number, most: number): string[] {
  const fits = Number.isInteger(count) && count >= 1 && count <= most;
  return fits ? [] : [`${where}: not a whole number from 1 to ${most.toLocaleString('en')}`];
}

function findSpanFaults(where: string, span: Duration): string[] {
  try {
    const ms = durationMs(span);
    return ms < 1 || ms > 2 ** 31 - 1 ? [`${where}: not between 1ms and 24 days`] : [];
  } catch (error) {
    return [`${where}: ${(error as Error).message}`];
  }
}

function findStrangers(where: string, given: object, known: readonly string[]): string[] {
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) =>
      name === 'key'
        ? `${where}.key: key is an option of the job itself`
        : `${where}.${name}: there is no such option`,
    );
}

/** What a waiting run of a gated job is held back by, as the ledger found it. */
export interface Hold {
  readonly key: string;
  readonly phase: 'asleep' | 'waiting' | 'released';
  readonly total: number | null;
  readonly perKey: number | null;
  readonly rateMax: number | null;
  readonly ratePerMs: number | null;
  readonly ratePerKey: boolean;
  /** Runs of the job that are under way, or on their way to a worker. */
  readonly released: number;
  /** Those of the key. */
  readonly releasedOfKey: number;
}

/** A sentence that says what the run waits for. */
export function describeHold(hold: Hold): string {
  const { key, total, perKey, rateMax, ratePerMs, released, releasedOfKey } = hold;
  if (hold.phase === 'asleep') return 'its time has not come';
  if (hold.phase === 'released') return 'it is on its way to a worker';
  if (perKey !== null && releasedOfKey >= perKey)
    return `of the key ${key}, ${releasedOfKey} of at most ${perKey} are under way (concurrency.perKey)`;
  if (total !== null && released >= total)
    return `of the job, ${released} of at most ${total} are under way (concurrency.total)`;
  if (rateMax === null || ratePerMs === null) return 'others go before it, or the workers are busy';
  const whose = hold.ratePerKey ? `of the key ${key}` : 'of the job';
  return `others go before it, or ${rateMax} ${whose} have started within ${formatMs(ratePerMs)} (rate)`;
}
