const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const zones: Record<string, number> = {
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
};

/** The moment a Date header names, obsolete forms included, or undefined. */
export function parseDate(field: string): Date | undefined {
  const found =
    /(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s-]+(\d{2,4})[\s,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([+-]\d{4}|[a-z]{1,5})?/i.exec(
      field.slice(0, 200),
    );
  if (!found) return parseOtherwise(field);
  const [, day, monthName, year, hour, minute, second, zone] = found;
  const month = months.indexOf(monthName!.toLowerCase());
  if (month < 0) return undefined;
  const utc = Date.UTC(
    fullYear(year!),
    month,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second ?? 0),
  );
  return plausible(new Date(utc - zoneMinutes(zone ?? '') * 60_000));
}

function parseOtherwise(field: string): Date | undefined {
  return plausible(new Date(field.slice(0, 100).replace(/\([^)]*\)/g, '')));
}

function fullYear(year: string): number {
  const value = Number(year);
  if (year.length === 4) return value;
  return value < 50 ? 2000 + value : 1900 + value;
}

function zoneMinutes(zone: string): number {
  const sign = zone[0] === '-' ? -1 : 1;
  if (/^[+-]\d{4}$/.test(zone))
    return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  return zones[zone.toLowerCase()] ?? 0;
}

function plausible(date: Date): Date | undefined {
  const year = date.getUTCFullYear();
  return year >= 1970 && year < 2100 ? date : undefined;
}
