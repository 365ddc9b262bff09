import { formatMs } from '../../core/duration.ts';
import type { Run } from '../../core/run.ts';
import { formatBytes } from '../../core/size.ts';
import { formatPairs, formatTime } from '../output.ts';
import { formatTable, printable } from '../table.ts';
import { formatTree, formatWaits, type ShownFamily, type ShownWait } from './run-tree.ts';

/** A run as JSON brings it: times are texts. */
export type ShownRun = Omit<
  Run,
  'createdAt' | 'startedAt' | 'finishedAt' | 'runAt' | 'expiresAt'
> & {
  readonly shownState: string;
  readonly createdAt: string;
  readonly runAt: string;
  readonly expiresAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
};

export interface RunDetails extends ShownRun, ShownFamily {
  readonly waits: readonly ShownWait[];
  readonly waitsFor: string | null;
  readonly heldBack: string | null;
  readonly adoptedFrom: { readonly jobId: string; readonly jobName: string } | null;
  readonly pastAttempts: readonly {
    attempt: number;
    ending: string;
    error: Run['error'];
    endedAt: string;
  }[];
  readonly steps: readonly {
    name: string;
    attempt: number;
    tookMs: number;
    artifact: Run['artifact'];
  }[];
  readonly replays: readonly string[];
}

export interface LogLine {
  readonly sequence: number;
  readonly at: string;
  readonly level: string;
  readonly message: string;
  readonly data: Record<string, unknown> | null;
}

/** A table of runs, one to a line. */
export function formatRuns(runs: readonly ShownRun[]): string {
  return formatTable(
    ['RUN', 'JOB', 'STATE', 'CREATED', 'TOOK', 'ATTEMPT', ''],
    runs.map((run) => [
      run.id,
      run.job,
      run.shownState,
      formatTime(run.createdAt),
      tookOf(run),
      run.attempt,
      remarkOf(run),
    ]),
  );
}

/** All about one run. */
export function formatRun(run: RunDetails): string {
  return [
    formatPairs(pairsOf(run)),
    ...run.pastAttempts.map(
      ({ attempt, ending, error, endedAt }) =>
        `  attempt ${attempt}: ${ending}, ${formatTime(endedAt)}${error ? ` – ${printable(error.message)}` : ''}`,
    ),
    ...run.steps.map(
      ({ name, attempt, tookMs, artifact }) =>
        `  step ${printable(name)}: ${formatMs(tookMs)}, in attempt ${attempt}${artifact ? `, ${formatBytes(artifact.bytes)} in the archive` : ''}`,
    ),
    ...formatWaits(run.waits),
    ...formatTree(run),
    `Its log: nightshift runs logs ${run.id}`,
    ...hintOf(run),
  ].join('\n');
}

/** The lines of a log. */
export function formatLog(lines: readonly LogLine[]): string {
  if (lines.length === 0) return 'This run logged nothing.';
  return lines
    .map(({ at, level, message, data }) =>
      [formatTime(at), level.padEnd(5), printable(message), data ? JSON.stringify(data) : '']
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pairsOf(run: RunDetails): Record<string, string | null> {
  return {
    run: run.id,
    job: `${run.job} (version ${run.version})`,
    state: run.shownState,
    'waits for': run.waitsFor,
    'held back': run.heldBack,
    key: run.key,
    schedule: run.schedule,
    'adopted from': adoptionOf(run),
    parent: run.parent,
    'replay of': run.replayOf,
    'replayed by': run.replays.join(', ') || null,
    ...(run.uniqueness && { [`${run.uniqueness.rule} key`]: printable(run.uniqueness.key) }),
    created: formatTime(run.createdAt),
    'runs at': run.shownState === run.state ? null : formatTime(run.runAt),
    expires: run.expiresAt && formatTime(run.expiresAt),
    took: tookOf(run),
    attempts: `${run.attempt} (${run.failures} failed, ${run.losses} lost with their worker)`,
    payload: JSON.stringify(run.payload),
    result: resultOf(run),
    error: errorOf(run),
    fingerprint: run.state === 'failed' ? (run.error?.fingerprint ?? null) : null,
  };
}

function adoptionOf({ adoptedFrom }: RunDetails): string | null {
  return (
    adoptedFrom && `BullMQ job ${printable(adoptedFrom.jobId)} (${printable(adoptedFrom.jobName)})`
  );
}

/** What a run waits for is told below. */
function errorOf({ error, waits }: RunDetails): string | null {
  if (!error || (['Waiting', 'Sleeping'].includes(error.name) && waits.length > 0)) return null;
  return `${error.name}: ${error.message}`;
}

function resultOf({ id, result, artifact }: ShownRun): string | null {
  if (artifact)
    return `${formatBytes(artifact.bytes)} in the archive; print it with: nightshift runs result ${id}`;
  return result === null ? null : JSON.stringify(result);
}

/** What a person may want next of a run that failed. */
function hintOf({ state, error, id }: RunDetails): string[] {
  if (state !== 'failed') return [];
  const cause = error?.fingerprint;
  return [
    `Try it again: nightshift runs retry ${id}`,
    ...(cause ? [`All of this cause: nightshift runs retry --fingerprint ${cause} --dry-run`] : []),
  ];
}

function tookOf({ startedAt, finishedAt, state }: ShownRun): string {
  if (startedAt === null || state === 'queued') return '–';
  return formatMs(Date.parse(finishedAt ?? new Date().toISOString()) - Date.parse(startedAt));
}

function remarkOf({ error, progress, state }: ShownRun): string {
  if (error) return printable(error.message).slice(0, 80);
  if (state === 'active' && progress) return `${progress.done} of ${progress.total}`;
  return '';
}
