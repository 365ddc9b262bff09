import Holidays from 'date-holidays';
import type { Calendar } from '../../core/calendar.ts';
import { Failure } from '../../core/errors.ts';
import { suggest } from '../../core/suggest.ts';

const dayMs = 86_400_000;

/** The public holidays of a country or a part of it (`DE`, `DE-BY`, `DE-BY-A`); throws `calendar.unknown`. */
export function openNationalCalendar(code: string): Calendar {
  const [country = '', state, region] = code.split('-');
  checkPlace(code, [country, state, region]);
  // Which of the library's names of a place are undefined is its own matter.
  const holidays = new Holidays();
  holidays.init(country, state ?? '', region ?? '', { types: ['public'], languages: ['en'] });
  const years = new Map<string, ReadonlyMap<string, string>>();

  function yearOf(year: string): ReadonlyMap<string, string> {
    const known = years.get(year) ?? listDays(holidays, Number(year));
    years.set(year, known);
    return known;
  }

  return {
    holidayOn: (day) => yearOf(day.slice(0, 4)).get(day),
    weekend: weekendOf(country),
  };
}

/** A holiday may be several days long, and begin at sunset of the day before. */
function listDays(holidays: Holidays, year: number): Map<string, string> {
  const days = new Map<string, string>();
  // One of the year before may reach into this one.
  for (const { date, start, end, name } of [year - 1, year].flatMap((one) =>
    holidays.getHolidays(one),
  )) {
    const length = Math.max(1, Math.round((end.getTime() - start.getTime()) / dayMs));
    const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
    for (let i = 0; i < length; i++)
      days.set(new Date(first + i * dayMs).toISOString().slice(0, 10), name);
  }
  return days;
}

function checkPlace(code: string, [country, state, region]: (string | undefined)[]): void {
  const all = new Holidays();
  const countries = Object.keys(all.getCountries());
  if (!countries.includes(country!)) throw unknown(code, countries, '');
  const states = Object.keys(all.getStates(country!) ?? {});
  if (state !== undefined && !states.includes(state)) throw unknown(code, states, `${country}-`);
  const regions = state === undefined ? [] : Object.keys(all.getRegions(country!, state) ?? {});
  if (region !== undefined && !regions.includes(region))
    throw unknown(code, regions, `${country}-${state}-`);
}

function unknown(calendar: string, known: readonly string[], before: string): Failure {
  const names = known.map((name) => before + name);
  const hint = suggest(calendar, names);
  if (hint !== '') return new Failure('calendar.unknown', { calendar, hint });
  const some = names.slice(0, 20).join(', ');
  const list = names.length > 20 ? `${some}, …` : some;
  return new Failure('calendar.unknown', {
    calendar,
    hint: list === '' ? '.' : `; there are ${list}.`,
  });
}

/** Saturday and Sunday, or Friday and Saturday, as the country has it. */
function weekendOf(country: string): readonly number[] {
  const locale = new Intl.Locale('und', { region: country }) as Intl.Locale & {
    getWeekInfo(): { weekend: number[] };
  };
  return locale.getWeekInfo().weekend;
}
