import { CronExpressionParser } from 'cron-parser';
import { Failure } from './errors.ts';
import { suggest } from './suggest.ts';

/** A cron expression that was understood. Times are what a clock on the wall shows, as UTC milliseconds. */
export interface Cron {
  /** True when it matches in each of the 24 hours, as an interval does. */
  readonly isHourly: boolean;
  /** The first match later than `wall`. */
  nextMatch(wall: number): number;
}

const fields = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week'] as const;

const names = ['@yearly', '@monthly', '@weekly', '@daily', '@hourly', '@minutely', '@secondly'];

/**
 * Understands five fields, six (seconds first) or a name such as `@daily`. Throws `cron.invalid` for
 * anything else, and for days that never come. `H` is refused: it means another moment at each start.
 */
export function parseCron(cron: string): Cron {
  try {
    const parsed = parse(cron, 0);
    parsed.next();
    return {
      isHourly: parsed.fields.hour.values.length === 24,
      nextMatch: (wall) => parse(cron, wall).next().getTime(),
    };
  } catch (error) {
    throw new Failure('cron.invalid', { cron, hint: hintFor(cron) }, error);
  }
}

/** In UTC, where no hour is skipped or repeated: the library loses firings where the clocks jump. */
function parse(cron: string, wall: number) {
  if (!names.includes(cron) && (!/^\S+( +\S+){4,5}$/.test(cron) || /(^|[ ,])H/i.test(cron)))
    throw new SyntaxError('neither five or six fields nor a name');
  return CronExpressionParser.parse(cron, { currentDate: new Date(wall), tz: 'UTC' });
}

function hintFor(cron: string): string {
  const spoken = suggestSpoken(cron) || suggest(cron, names);
  if (spoken !== '') return spoken;
  const parts = cron.trim().split(/\s+/);
  if (parts.length < 5 || parts.length > 6)
    return '; write five fields, six with seconds first, or a name: "0 9 * * 1-5", "@daily".';
  const wrong = parts.findIndex((part, i) => !isField(part, i + 6 - parts.length));
  if (wrong === -1) return ': a day like that never comes.';
  return `: the ${fields[wrong + 6 - parts.length]} cannot be "${parts[wrong]}".`;
}

/** What `every day`, `hourly` or `every 5 minutes` would be as an expression. */
function suggestSpoken(cron: string): string {
  const match = /^(?:every +|each +)?(\d+)? *(second|minute|hour|day|week|month|year)s?$/i.exec(
    cron,
  );
  if (!match) return '';
  const [, count, unit = ''] = match;
  const steps: Record<string, string> = {
    second: `*/${count} * * * * *`,
    minute: `*/${count} * * * *`,
    hour: `0 */${count} * * *`,
    day: `0 0 */${count} * *`,
    month: `0 0 1 */${count} *`,
  };
  const name = unit.toLowerCase();
  const expression = count ? steps[name] : name === 'day' ? '@daily' : `@${name}ly`;
  return expression === undefined ? '' : `; did you mean "${expression}"?`;
}

function isField(part: string, index: number): boolean {
  try {
    parse(fields.map((_, i) => (i === index ? part : '*')).join(' '), 0);
    return true;
  } catch {
    return false;
  }
}
