import { readFile, stat } from 'node:fs/promises';
import { type Calendar, type Calendars, isCalendarFile } from '../../core/calendar.ts';
import { Failure } from '../../core/errors.ts';

/** A file of public holidays has some hundred kilobytes at the most. */
const mostBytes = 5_000_000;

interface ReadFile {
  readonly version: string;
  readonly calendar: Calendar;
}

/**
 * Calendars of countries, and of files. A file is read again when it has changed; one that is gone or broken
 * meanwhile goes on as it was last read, and `onError` hears of it once for each version of it.
 */
export function openCalendars({ onError }: { onError(error: unknown): void }): Calendars {
  const countries = new Map<string, Calendar>();
  const files = new Map<string, ReadFile>();
  const saidOf = new Map<string, string>();

  async function findCountry(code: string): Promise<Calendar> {
    const known = countries.get(code);
    if (known) return known;
    const { openNationalCalendar } = await import('./national.ts'); // tables of 200 countries
    const calendar = openNationalCalendar(code);
    countries.set(code, calendar);
    return calendar;
  }

  async function findFile(path: string): Promise<Calendar> {
    const last = files.get(path);
    try {
      const { mtimeMs, size } = await stat(path);
      const version = `${mtimeMs} ${size}`;
      if (last?.version === version) return last.calendar;
      const calendar = await readCalendar(path, size);
      files.set(path, { version, calendar });
      saidOf.delete(path);
      return calendar;
    } catch (error) {
      const failure = toFailure(path, error);
      if (!last) throw failure;
      if (saidOf.get(path) !== failure.message) onError(failure);
      saidOf.set(path, failure.message);
      return last.calendar;
    }
  }

  return {
    find: (name) => (isCalendarFile(name) ? findFile(name) : findCountry(name.toUpperCase())),
  };
}

async function readCalendar(path: string, size: number): Promise<Calendar> {
  if (size > mostBytes)
    throw new Failure('calendar.broken', { calendar: path, reason: 'it has more than 5 MB' });
  const { parseCalendar } = await import('./icalendar.ts');
  return parseCalendar(path, await readFile(path, 'utf8'));
}

function toFailure(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new Failure('calendar.unreadable', { calendar: path, reason: code ?? message }, error);
}
