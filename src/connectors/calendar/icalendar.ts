import ICAL from 'ical.js';
import type { Calendar } from '../../core/calendar.ts';
import { Failure } from '../../core/errors.ts';

/** The days that the events of an iCalendar text cover, repetitions and their exceptions included; throws `calendar.broken`. */
export function parseCalendar(calendar: string, text: string): Calendar {
  const broken = (reason: string, cause?: unknown) =>
    new Failure('calendar.broken', { calendar, reason }, cause);
  let events: ICAL.Event[];
  try {
    events = listEvents(text);
  } catch (error) {
    throw broken((error as Error).message, error);
  }
  if (events.length === 0) throw broken('it has no events');
  const tooOften = events.find(isTooOften);
  if (tooOften) throw broken(`the event "${tooOften.summary}" repeats within a day`);
  const years = new Map<number, ReadonlyMap<string, string>>();

  function yearOf(year: number): ReadonlyMap<string, string> {
    const known = years.get(year) ?? new Map(events.flatMap((event) => listDays(event, year)));
    years.set(year, known);
    return known;
  }

  return { holidayOn: (day) => yearOf(Number(day.slice(0, 4))).get(day), weekend: [6, 7] };
}

function listEvents(text: string): ICAL.Event[] {
  const parsed = ICAL.parse(text.trim()) as unknown[];
  // Several calendars in one file come as a list of them.
  const calendars = (Array.isArray(parsed[0]) ? parsed : [parsed]) as never[];
  return calendars.flatMap((one) => {
    const all = new ICAL.Component(one).getAllSubcomponents('vevent');
    const isException = (event: ICAL.Component) => event.hasProperty('recurrence-id');
    const uidOf = (event: ICAL.Component) => event.getFirstPropertyValue('uid');
    return all
      .filter((event) => !isException(event) && isHeld(event))
      .map((event) => {
        const exceptions = all.filter(
          (other) => isException(other) && uidOf(other) === uidOf(event),
        );
        return new ICAL.Event(event, { exceptions, strictExceptions: true });
      });
  });
}

function isHeld(event: ICAL.Component): boolean {
  if (!event.getFirstPropertyValue('dtstart')) throw new Error('an event has no DTSTART');
  return String(event.getFirstPropertyValue('status')).toUpperCase() !== 'CANCELLED';
}

function isTooOften(event: ICAL.Event): boolean {
  return Object.keys(event.getRecurrenceTypes()).some((type) => /SECOND|MINUTE|HOUR/.test(type));
}

/** Every day of the year that the event covers. */
function listDays(event: ICAL.Event, year: number): [string, string][] {
  if (!event.isRecurring())
    return daysOf(event.startDate, event.endDate, year).map(withName(event));
  const days: [string, string][] = [];
  const starts = event.iterator();
  for (let start = starts.next(); start && start.year <= year; start = starts.next()) {
    const { startDate, endDate, item } = event.getOccurrenceDetails(start);
    if (isHeld(item.component)) days.push(...daysOf(startDate, endDate, year).map(withName(item)));
  }
  return days;
}

function withName({ summary }: ICAL.Event) {
  return (day: string): [string, string] => [day, summary || 'a holiday'];
}

/** What the walls show: an event from Thursday 22:00 to Friday 06:00 covers both. */
function daysOf(start: ICAL.Time, end: ICAL.Time, year: number): string[] {
  const days: string[] = [];
  const last = end.clone();
  // The end is not part of it.
  if (last.isDate || (last.hour === 0 && last.minute === 0 && last.second === 0))
    last.adjust(-1, 0, 0, 0);
  for (
    const day = start.clone();
    days.length === 0 || dayOf(day) <= dayOf(last);
    day.adjust(1, 0, 0, 0)
  ) {
    if (day.year > year) break;
    days.push(dayOf(day));
  }
  return days.filter((day) => Number(day.slice(0, 4)) === year);
}

function dayOf({ year, month, day }: ICAL.Time): string {
  return [String(year).padStart(4, '0'), month, day]
    .map((n) => String(n).padStart(2, '0'))
    .join('-');
}
