import { formatMs } from '../../core/duration.ts';
import { formatPairs, formatTime } from '../output.ts';
import { formatTable } from '../table.ts';

export interface ShownSchedule {
  readonly name: string;
  readonly job: string;
  readonly payload: unknown;
  readonly words: string;
  readonly timezone: string;
  readonly overlap: string;
  readonly misfire: string;
  readonly within?: string;
  readonly grace: string;
  readonly state: 'active' | 'paused' | 'missed' | 'over';
  readonly origin: string;
  readonly nextAt: string | null;
  readonly overdueMs: number;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly editedAt: string | null;
  readonly editedBy: string | null;
}

export interface ShownFiring {
  readonly due: string;
  readonly state: string;
  readonly why: string | null;
  readonly cause: string;
  readonly run: string | null;
  readonly lateMs: number | null;
  readonly missed: boolean;
}

export interface ScheduleDetails extends ShownSchedule {
  readonly configSays: Readonly<Record<string, unknown>>;
  readonly firings: readonly ShownFiring[];
}

export interface UpcomingFirings {
  readonly words: string;
  readonly timezone: string;
  readonly next: readonly {
    readonly due: string;
    readonly at: string;
    readonly fate: string;
    readonly holiday: string | null;
  }[];
}

export function formatSchedules(schedules: readonly ShownSchedule[]): string {
  return formatTable(
    ['SCHEDULE', 'JOB', 'WHEN', 'NEXT', 'STATE', 'FROM'],
    schedules.map((one) => [
      one.name,
      one.job,
      one.words,
      formatTime(one.nextAt),
      sayState(one),
      one.origin,
    ]),
  );
}

export function formatSchedule(schedule: ScheduleDetails): string {
  const { firings, configSays } = schedule;
  const pairs = formatPairs({
    schedule: schedule.name,
    job: schedule.job,
    payload: JSON.stringify(schedule.payload),
    when: schedule.words,
    next: formatTime(schedule.nextAt),
    state: sayState(schedule),
    overlap: schedule.overlap,
    misfire: schedule.within ? `${schedule.misfire}, within ${schedule.within}` : schedule.misfire,
    grace: schedule.grace,
    from: sayOrigin(schedule),
    config: Object.keys(configSays).length > 0 ? `says ${JSON.stringify(configSays)}` : undefined,
  });
  return firings.length === 0 ? pairs : `${pairs}\n\n${formatFirings(firings)}`;
}

export function formatUpcoming({ words, timezone, next }: UpcomingFirings): string {
  if (next.length === 0) return `${words}. It does not fire any more.`;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'full',
    timeStyle: 'long',
  });
  const lines = next.map(({ due, at, fate, holiday }) => [
    format.format(new Date(due)),
    fate === 'moved' ? `moved to ${format.format(new Date(at))}: ${holiday}` : '',
    fate === 'skipped' ? `skipped: ${holiday}` : '',
  ]);
  return `${words}\n\n${formatTable(
    [],
    lines.map(([due, ...says]) => [due!, says.join('')]),
  )}`;
}

export function formatMoments(
  moments: readonly { readonly due: string; readonly fate: string }[],
  dryRun: boolean,
): string {
  const made = moments.filter(({ fate }) => fate === 'fires' || fate === 'waits').length;
  const rows = moments.map(({ due, fate }) => [formatTime(due), fate]);
  const says = `${made} of ${moments.length} moments ${dryRun ? 'would be' : 'are'} made up for.`;
  return dryRun && rows.length > 0
    ? `${formatTable(['DUE', 'WHAT BECOMES OF IT'], rows)}\n${says}`
    : says;
}

function formatFirings(firings: readonly ShownFiring[]): string {
  return formatTable(
    ['DUE', 'WHAT BECAME OF IT', 'CAUSE', 'LATE', 'RUN'],
    firings.map(({ due, state, why, cause, lateMs, missed, run }) => [
      formatTime(due),
      [state, why].filter(Boolean).join(': '),
      cause,
      lateMs === null ? '' : `${formatMs(Math.max(0, lateMs))}${missed ? ', missed' : ''}`,
      run ?? '',
    ]),
  );
}

function sayState({ state, overdueMs, pausedBy, pauseReason }: ShownSchedule): string {
  if (state === 'missed') return `missed, ${formatMs(overdueMs)} late`;
  if (state !== 'paused') return state;
  return ['paused', pausedBy && `by ${pausedBy}`, pauseReason && `(${pauseReason})`]
    .filter(Boolean)
    .join(' ');
}

function sayOrigin({ origin, editedAt, editedBy }: ShownSchedule): string {
  if (origin === 'config') return 'config';
  return `${origin} ${formatTime(editedAt)}${editedBy ? ` by ${editedBy}` : ''}`;
}
