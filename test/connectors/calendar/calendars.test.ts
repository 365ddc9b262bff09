import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCalendars } from '../../../src/connectors/calendar/index.ts';
import type { Calendar } from '../../../src/core/calendar.ts';
import { temporaryFolder } from '../../support/folder.ts';

const errors: unknown[] = [];
const calendars = openCalendars({ onError: (error) => void errors.push(error) });
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** The holidays of these days. */
const days = (calendar: Calendar, ...all: string[]) =>
  all.map((day) => calendar.holidayOn(day) ?? 'work');

describe('the calendar of a country', () => {
  test('has its public holidays, and those of its parts', async () => {
    const bavaria = await calendars.find('DE-BY');
    const hamburg = await calendars.find('de-hh');
    const epiphany = '2026-01-06';
    expect(days(bavaria, epiphany, '2026-10-03', '2026-10-04')).toEqual([
      'Epiphany',
      expect.any(String),
      'work',
    ]);
    expect(days(hamburg, epiphany, '2026-12-25', '2026-12-26')).toEqual([
      'work',
      'Christmas Day',
      'Boxing Day',
    ]);
  });

  test('knows days that are kept instead, and holidays of several days', async () => {
    const us = await calendars.find('US');
    expect(days(us, '2027-07-05')).toEqual([expect.stringContaining('Independence Day')]);
    const emirates = await calendars.find('AE');
    expect(days(emirates, '2026-03-19', '2026-03-20', '2026-03-22', '2026-03-23')).toEqual([
      'work',
      expect.stringContaining('Fitr'),
      expect.stringContaining('Fitr'),
      'work',
    ]);
  });

  test('has the weekend of the country', async () => {
    expect((await calendars.find('DE')).weekend).toEqual([6, 7]);
    expect((await calendars.find('SA')).weekend).toEqual([5, 6]);
  });

  test.each([
    ['XX', /There is no calendar of holidays "XX"(;| ).*/],
    ['DE-XX', /"DE-XX"; (there are DE-BB, DE-BE|did you mean "DE-)/],
    ['DE-BY-Z', /"DE-BY-Z"; did you mean "DE-BY-A"\?|there are DE-BY-A/],
  ])('that is none is refused: %s', async (name, message) => {
    await expect(calendars.find(name)).rejects.toMatchObject({
      code: 'calendar.unknown',
      message: expect.stringMatching(message),
    });
  });
});

const event = (...lines: string[]) =>
  ['BEGIN:VEVENT', `UID:${lines.join('')}`, ...lines, 'END:VEVENT'].join('\r\n');
const calendarOf = (...events: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:test', ...events, 'END:VCALENDAR', ''].join('\r\n');

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, text);
  return path;
}

describe('an iCalendar file', () => {
  test('gives the days of its events: single, of several days, yearly, and by the clock', async () => {
    const path = await fileOf(
      'office.ics',
      calendarOf(
        event('SUMMARY:Moving', 'DTSTART;VALUE=DATE:20260504'),
        event('SUMMARY:Fair', 'DTSTART;VALUE=DATE:20260601', 'DTEND;VALUE=DATE:20260603'),
        event(
          'SUMMARY:Founding',
          'DTSTART;VALUE=DATE:20100715',
          'RRULE:FREQ=YEARLY',
          'EXDATE;VALUE=DATE:20280715',
        ),
        event('SUMMARY:Night shift', 'DTSTART:20260810T220000', 'DTEND:20260811T060000'),
        event('SUMMARY:Called off', 'STATUS:CANCELLED', 'DTSTART;VALUE=DATE:20260505'),
      ),
    );
    const office = await calendars.find(path);
    expect(days(office, '2026-05-04', '2026-05-05')).toEqual(['Moving', 'work']);
    expect(days(office, '2026-06-01', '2026-06-02', '2026-06-03')).toEqual([
      'Fair',
      'Fair',
      'work',
    ]);
    expect(days(office, '2009-07-15', '2026-07-15', '2028-07-15', '2029-07-15')).toEqual([
      'work',
      'Founding',
      'work',
      'Founding',
    ]);
    expect(days(office, '2026-08-10', '2026-08-11', '2026-08-12')).toEqual([
      'Night shift',
      'Night shift',
      'work',
    ]);
    expect(office.weekend).toEqual([6, 7]);
  });

  test('gives an occurrence where it was moved to', async () => {
    const party = ['UID:party', 'SUMMARY:Party'];
    const path = await fileOf(
      'moved.ics',
      calendarOf(
        [
          'BEGIN:VEVENT',
          ...party,
          'DTSTART;VALUE=DATE:20250601',
          'RRULE:FREQ=YEARLY',
          'END:VEVENT',
        ].join('\r\n'),
        [
          'BEGIN:VEVENT',
          ...party,
          'RECURRENCE-ID;VALUE=DATE:20260601',
          'DTSTART;VALUE=DATE:20260608',
          'END:VEVENT',
        ].join('\r\n'),
      ),
    );
    expect(days(await calendars.find(path), '2025-06-01', '2026-06-01', '2026-06-08')).toEqual([
      'Party',
      'work',
      'Party',
    ]);
  });

  test('is read again when it has changed, and goes on as it was when it is broken or gone', async () => {
    const one = calendarOf(event('SUMMARY:One', 'DTSTART;VALUE=DATE:20260504'));
    const path = await fileOf('changing.ics', one);
    expect(days(await calendars.find(path), '2026-05-04', '2026-05-05')).toEqual(['One', 'work']);
    const two = calendarOf(event('SUMMARY:The other', 'DTSTART;VALUE=DATE:20260505'));
    await fileOf('changing.ics', two);
    expect(days(await calendars.find(path), '2026-05-04', '2026-05-05')).toEqual([
      'work',
      'The other',
    ]);
    expect(errors).toEqual([]);
    await fileOf('changing.ics', 'nonsense');
    for (let i = 0; i < 3; i++)
      expect(days(await calendars.find(path), '2026-05-05')).toEqual(['The other']);
    await rm(path);
    for (let i = 0; i < 3; i++)
      expect(days(await calendars.find(path), '2026-05-05')).toEqual(['The other']);
    expect(errors).toMatchObject([{ code: 'calendar.broken' }, { code: 'calendar.unreadable' }]);
  });

  test.each([
    ['is no calendar', 'hello', 'calendar.broken'],
    ['is empty', '', 'calendar.broken'],
    ['has no events', calendarOf(), 'calendar.broken'],
    ['has an event without a day', calendarOf(event('SUMMARY:x')), 'calendar.broken'],
    ['has an impossible day', calendarOf(event('DTSTART;VALUE=DATE:never')), 'calendar.broken'],
    [
      'has an event of every minute',
      calendarOf(event('DTSTART:20260101T000000', 'RRULE:FREQ=MINUTELY')),
      'calendar.broken',
    ],
  ])('that %s is refused', async (what, text, code) => {
    const path = await fileOf(`${what.replaceAll(' ', '-')}.ics`, text);
    await expect(calendars.find(path)).rejects.toMatchObject({ code });
  });

  test('that is not there is refused', async () => {
    await expect(calendars.find(join(folder.path, 'none.ics'))).rejects.toMatchObject({
      code: 'calendar.unreadable',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
