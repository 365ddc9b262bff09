import { Failure } from './errors.ts';

type Unit = 'ms' | 's' | 'm' | 'h' | 'd';

/** A span of time as people write it: `500ms`, `10s`, `15m`, `2h`, `7d`. */
export type Duration = `${number}${Unit}`;

const unitMs: Record<Unit, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration; throws `duration.invalid` for anything else. */
export function durationMs(duration: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration);
  if (!match) throw new Failure('duration.invalid', { value: duration });
  return Math.round(Number(match[1]) * unitMs[match[2] as Unit]);
}

/** A duration of `ms` milliseconds in the largest unit that keeps it short: `340ms`, `2.5s`, `3m 20s`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))}s`;
  const units: [Unit, Unit] =
    ms < 3_600_000 ? ['m', 's'] : ms < 86_400_000 ? ['h', 'm'] : ['d', 'h'];
  const large = Math.floor(ms / unitMs[units[0]]);
  const small = Math.floor((ms - large * unitMs[units[0]]) / unitMs[units[1]]);
  return small === 0 ? `${large}${units[0]}` : `${large}${units[0]} ${small}${units[1]}`;
}
