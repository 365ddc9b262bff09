import type { Entry, Evidence, Told } from './evidence.ts';
import type { Struck } from './faults/fault.ts';

/** Everything that concerns a run, of processes, database and faults together, in the order of their clocks. */
export function drawTimeline(
  { told, entries, runs }: Evidence,
  struck: readonly Struck[],
  run: string,
): string {
  const mark = runs.find(({ id }) => id === run)?.mark ?? markOf(told, run);
  const lines = [
    ...told.filter((one) => isAbout(one, run, mark)).map(tellLine),
    ...entries.filter((entry) => entry.run === run).map(entryLine),
  ];
  const times = lines.map(({ at }) => at);
  const [from, to] = [Math.min(...times) - 1000, Math.max(...times) + 1000];
  const faults = struck.filter((one) => one.until >= from && one.at <= to).flatMap(faultLines);
  return [...lines, ...faults]
    .sort((one, other) => one.at - other.at)
    .map(({ at, says }) => `${new Date(at).toISOString().slice(11, 23)}  ${says}`)
    .join('\n');
}

interface Line {
  readonly at: number;
  readonly says: string;
}

function markOf(told: readonly Told[], run: string): string | undefined {
  return told.flatMap((one) => (one.kind === 'accepted' && one.run === run ? [one.mark] : []))[0];
}

function isAbout(told: Told, run: string, mark: string | null | undefined): boolean {
  return 'run' in told ? told.run === run : told.mark === mark;
}

function tellLine({ at = 0, by = '', kind, ...rest }: Told): Line {
  return { at, says: `${by.padEnd(18)} ${kind} ${describe(rest)}` };
}

function entryLine({ at = 0, beganAt: _began, kind, ...rest }: Entry): Line {
  return { at, says: `${'database'.padEnd(18)} ${kind} ${describe(rest)}` };
}

function faultLines({ kind, worker, at, until }: Struck): Line[] {
  const whom = worker === '' ? '' : ` (${worker})`;
  return [
    { at, says: `${'fault'.padEnd(18)} ${kind}${whom}` },
    { at: until, says: `${'fault'.padEnd(18)} over: ${kind}` },
  ];
}

function describe(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([name, value]) => name !== 'run' && value !== null && value !== undefined)
    .map(
      ([name, value]) => `${name}=${typeof value === 'number' ? Math.round(value) : String(value)}`,
    )
    .join(' ');
}
