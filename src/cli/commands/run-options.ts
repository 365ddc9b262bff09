import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { writeCursor } from '../../core/cursor.ts';
import { durationMs } from '../../core/duration.ts';

/** Adds the options that say which runs, the same for every command that takes many. */
export function filterOptions(command: Command): Command {
  return command
    .option('--job <name>', 'only runs of this job')
    .option('--fingerprint <hex>', 'only failed runs of this cause, from: nightshift runs failures')
    .option('--parent <id>', 'only children of this run')
    .option(
      '--since <when>',
      'accepted since then: 2h for two hours ago, or a time, 2026-11-21T03:00:00Z',
      parseWhen,
    )
    .option('--until <when>', 'accepted before then, written in the same way', parseWhen);
}

/** Where the API has a run. An id is text from a person: it must not become another path. */
export function pathOf(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

/** The options as the API takes a filter. */
export function toFilter({
  job,
  state,
  fingerprint,
  parent,
  since,
  until,
}: Record<string, unknown>) {
  const filter = { job, state, fingerprint, parent, from: since, to: until };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** The same as a query, with the options of a page. */
export function toQuery({ limit, cursor, query, ...options }: Record<string, unknown>): string {
  // People name the run that they have seen last.
  const place =
    cursor === undefined ? undefined : writeCursor('runs', (cursor as string).toLowerCase());
  const page = Object.entries({ limit, cursor: place, q: query }).filter(
    ([, value]) => value !== undefined,
  );
  const pairs = [...Object.entries(toFilter(options)), ...page];
  return new URLSearchParams(Object.fromEntries(pairs) as Record<string, string>).toString();
}

/** A moment: a duration before now, or an ISO time or date. */
function parseWhen(text: string): string {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text))
    return new Date(Date.now() - durationMs(text)).toISOString();
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : undefined;
  if (at && !Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError('Write 30m, 2h, 7d, 2026-11-21 or 2026-11-21T03:00:00Z.');
}

export function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}

export function parseRate(text: string): number {
  const rate = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || rate <= 0)
    throw new InvalidArgumentError('It is not a number of runs per second, such as 10 or 0.5.');
  return rate;
}

/** JSON, or the JSON in `@FILE`. */
export function readPayload(text: string): unknown {
  const json = text.startsWith('@') ? readText(text.slice(1)) : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}.`);
  }
}

/** A file, or with `-` standard input. A command line takes 128 KB at the most. */
function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be read: ${(error as Error).message}.`);
  }
}
