import type { Command } from 'commander';
import { formatMs } from '../../core/duration.ts';
import { type Run, runStates } from '../../core/run.ts';
import type { ApiSession, Cli } from '../cli.ts';
import { formatPairs, formatTime } from '../output.ts';
import { formatTable, printable } from '../table.ts';

/** A run as JSON brings it: times are texts. */
type ShownRun = Omit<Run, 'createdAt' | 'startedAt' | 'finishedAt' | 'runAt' | 'expiresAt'> & {
  readonly shownState: string;
  readonly createdAt: string;
  readonly runAt: string;
  readonly expiresAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
};

interface RunDetails extends ShownRun {
  readonly pastAttempts: readonly {
    attempt: number;
    ending: string;
    error: Run['error'];
    endedAt: string;
  }[];
  readonly steps: readonly { name: string; attempt: number; tookMs: number }[];
}

interface LogLine {
  readonly sequence: number;
  readonly at: string;
  readonly level: string;
  readonly message: string;
  readonly data: Record<string, unknown> | null;
}

export function addRunCommands(program: Command, cli: Cli): void {
  const runs = program.command('runs').description('look at runs, cancel them, try them again');

  runs
    .command('list')
    .description('the newest runs')
    .option('--job <name>', 'only runs of this job')
    .option('--state <state>', `only runs in this state: ${runStates.join(', ')}`)
    .option('--limit <number>', 'how many at the most', '20')
    .action(cli.withApi((session, options: Record<string, string>) => list(session, options)));

  runs
    .command('show <id>')
    .description('one run: its payload, attempts, steps and result')
    .action(cli.withApi((session, id: string) => show(session, id)));

  runs
    .command('logs <id>')
    .description('what a run logged')
    .action(
      cli.withApi(async ({ api, output }, id: string) => {
        const lines: LogLine[] = [];
        for (;;) {
          const after = lines.at(-1)?.sequence ?? 0;
          const page = await api.get<{ lines: LogLine[] }>(`/runs/${id}/logs?after=${after}`);
          if (page.lines.length === 0) break;
          lines.push(...page.lines);
        }
        output.answer(lines, formatLog);
      }),
    );

  runs
    .command('cancel <id>')
    .description('end an unfinished run, on whatever machine it is')
    .option('--reason <text>', 'kept with the run', 'cancelled by hand')
    .action(
      cli.withApi(async ({ api, output }, id: string, { reason }: { reason: string }) => {
        const run = await api.post<ShownRun>(`/runs/${id}/cancel`, { reason });
        output.answer(run, () => `Run ${run.id} of ${run.job} is cancelled.`);
      }),
    );

  runs
    .command('retry <id>')
    .description('queue a failed or cancelled run again; its remembered steps are not repeated')
    .action(
      cli.withApi(async ({ api, output }, id: string) => {
        const run = await api.post<ShownRun>(`/runs/${id}/retry`);
        output.answer(run, () => `Run ${run.id} of ${run.job} is queued again.`);
      }),
    );
}

async function list({ api, output }: ApiSession, options: Record<string, string>): Promise<void> {
  const query = new URLSearchParams(options);
  const { runs } = await api.get<{ runs: ShownRun[] }>(`/runs?${query.toString()}`);
  output.answer(runs, () =>
    runs.length === 0
      ? 'There are no such runs. Start one with: nightshift enqueue JOB'
      : formatRuns(runs),
  );
}

function formatRuns(runs: readonly ShownRun[]): string {
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

async function show({ api, output }: ApiSession, id: string): Promise<void> {
  const details = await api.get<RunDetails>(`/runs/${id}`);
  output.answer(details, () =>
    [
      formatPairs({
        run: details.id,
        job: `${details.job} (version ${details.version})`,
        state: details.shownState,
        schedule: details.schedule,
        created: formatTime(details.createdAt),
        'runs at': details.shownState === details.state ? null : formatTime(details.runAt),
        expires: details.expiresAt && formatTime(details.expiresAt),
        took: tookOf(details),
        attempts: `${details.attempt} (${details.failures} failed, ${details.losses} lost with their worker)`,
        payload: JSON.stringify(details.payload),
        result: details.result === null ? null : JSON.stringify(details.result),
        error: details.error && `${details.error.name}: ${details.error.message}`,
      }),
      ...details.pastAttempts.map(
        ({ attempt, ending, error }) =>
          `  attempt ${attempt}: ${ending}${error ? ` – ${printable(error.message)}` : ''}`,
      ),
      ...details.steps.map(
        ({ name, attempt, tookMs }) => `  step ${name}: ${formatMs(tookMs)}, in attempt ${attempt}`,
      ),
      `Its log: nightshift runs logs ${details.id}`,
    ].join('\n'),
  );
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

function formatLog(lines: readonly LogLine[]): string {
  if (lines.length === 0) return 'This run logged nothing.';
  return lines
    .map(({ at, level, message, data }) =>
      [formatTime(at), level.padEnd(5), printable(message), data ? JSON.stringify(data) : '']
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
