/** When a run was accepted: its id is a uuidv7, of which the first 48 bits are milliseconds. */
export function acceptedAt(run: string): Date {
  return new Date(Number.parseInt(run.replace('-', '').slice(0, 12), 16));
}

/** The week, from Monday in UTC, in which a run was accepted: 0 is that of January 1, 1970. */
export function weekNumber(run: string): number {
  return Math.floor((acceptedAt(run).getTime() + 3 * dayMs) / weekMs);
}

/**
 * The ISO 8601 name of a week, `2026w47`, as the partitions of the ledger have it: its year is that of its Thursday, of
 * which January 1, 1970 was one.
 */
export function nameOfWeek(number: number): string {
  const thursday = new Date(number * weekMs);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / weekMs);
  return `${String(year).padStart(4, '0')}w${String(week).padStart(2, '0')}`;
}

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
