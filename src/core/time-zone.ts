import { Failure } from './errors.ts';
import { closestTo, suggest } from './suggest.ts';

/**
 * The clock on a wall of one time zone. What it shows is written as the milliseconds of a Date whose
 * UTC fields read the same.
 */
export interface WallClock {
  /** Milliseconds the wall is ahead of UTC at `instant`. */
  offsetAt(instant: number): number;
  /** The first instant at which the wall shows `wall`, or, when the clocks skip it, at which they jump. */
  firstInstantOf(wall: number): number;
  /** The first instant after `from`, and not after `to`, whose offset differs from that of `from`. */
  jumpBetween(from: number, to: number): number;
}

const dayMs = 86_400_000;

/** The clock of a zone by its IANA name (`Europe/Berlin`); throws `timezone.unknown` with a suggestion. */
export function openWallClock(timezone: string): WallClock {
  const format = openFormat(timezone);
  const offsetAt = (instant: number) => parseOffset(format.format(instant));
  return { offsetAt, firstInstantOf, jumpBetween };

  function firstInstantOf(wall: number): number {
    const before = offsetAt(wall - dayMs);
    const after = offsetAt(wall + dayMs);
    if (offsetAt(wall - before) === before) return wall - before;
    if (offsetAt(wall - after) === after) return wall - after;
    return jumpBetween(wall - after, wall - before);
  }

  function jumpBetween(from: number, to: number): number {
    const offset = offsetAt(from);
    let [last, jump] = [from, to];
    while (jump - last > 1) {
      const middle = Math.floor((last + jump) / 2);
      if (offsetAt(middle) === offset) last = middle;
      else jump = middle;
    }
    return jump;
  }
}

function openFormat(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  } catch (error) {
    throw new Failure('timezone.unknown', { timezone, hint: hintFor(timezone) }, error);
  }
}

function hintFor(timezone: string): string {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const byCity = new Map(zones.map((zone) => [zone.slice(zone.lastIndexOf('/') + 1), zone]));
  const city = closestTo(timezone.slice(timezone.lastIndexOf('/') + 1), byCity.keys());
  const near = suggest(timezone, zones);
  if (near !== '') return near;
  return city === undefined
    ? '; write one as in Europe/Berlin or UTC.'
    : `; did you mean "${byCity.get(city)}"?`;
}

/** The offset in a text such as `3/29/2026, GMT+02:00`; without one, as in `GMT`, it is 0. */
function parseOffset(text: string): number {
  const match = /GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(text);
  if (!match) return 0;
  const [, sign, hours, minutes, seconds = 0] = match;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -ms : ms;
}
