import { type Command, Option } from 'commander';
import { runStates } from '../../core/run.ts';
import type { ApiSession, Cli } from '../cli.ts';
import { addBulkCommands } from './bulk.ts';
import { filterOptions, parseWhole, pathOf, readPayload, toQuery } from './run-options.ts';
import {
  formatLog,
  formatRun,
  formatRuns,
  type LogLine,
  type RunDetails,
  type ShownRun,
} from './run-texts.ts';

export function addRunCommands(program: Command, cli: Cli): void {
  const runs = program
    .command('runs')
    .description('look at runs, cancel them, try them again, replay them');

  filterOptions(runs.command('list').description('the newest runs'))
    .addOption(new Option('--state <state>', 'only runs in this state').choices(runStates))
    .option(
      '--query <words>',
      'only runs with these words, in payload, result, error, steps or log',
    )
    .option('--limit <number>', 'how many at the most', parseWhole, 20)
    .option('--cursor <id>', 'only runs older than this one')
    .action(cli.withApi((session, options: Record<string, string>) => list(session, options)));

  runs
    .command('show <id>')
    .description('one run: its payload, attempts, steps, result and error')
    .action(
      cli.withApi(async ({ api, output }, id: string) => {
        output.answer(await api.get<RunDetails>(pathOf(id)), formatRun);
      }),
    );

  runs
    .command('result <id>')
    .description('the whole result of a run, as JSON')
    .action(
      cli.withApi(async ({ api, output }, id: string) => {
        const result = await api.get<unknown>(`${pathOf(id)}/result`);
        output.answer(result, () => JSON.stringify(result, null, 2));
      }),
    );

  runs
    .command('logs <id>')
    .description('what a run logged')
    .action(cli.withApi((session, id: string) => logs(session, id)));

  runs
    .command('replay <id>')
    .description('a new run like a finished one, with its payload or an edited one')
    .option(
      '--payload <json>',
      'another payload, or @FILE that has it, checked against the schema of the job',
      readPayload,
    )
    .action(
      cli.withApi(async ({ api, output }, id: string, { payload }: { payload?: unknown }) => {
        const replay = await api.post<{ id: string }>(`${pathOf(id)}/replay`, { payload });
        output.answer(
          replay,
          () => `Accepted: run ${replay.id}. Follow it with: nightshift runs show ${replay.id}`,
        );
      }),
    );

  addBulkCommands(runs, cli);
}

interface RunPage {
  readonly runs: ShownRun[];
  readonly cursor?: string;
}

async function list({ api, output }: ApiSession, options: Record<string, unknown>): Promise<void> {
  const most = Number(options['limit']);
  const runs: ShownRun[] = [];
  // A search ends a page after a second, whatever it has found.
  for (let path: string | undefined = `/runs?${toQuery(options)}`; path; ) {
    const page: RunPage = await api.get<RunPage>(path);
    runs.push(...page.runs);
    const isMore = options['query'] !== undefined && runs.length < most && page.cursor;
    path = isMore
      ? `/runs?${toQuery({ ...options, cursor: undefined, limit: most - runs.length })}&cursor=${isMore}`
      : undefined;
  }
  output.answer(runs, () =>
    runs.length === 0
      ? 'There are no such runs. Start one with: nightshift enqueue JOB'
      : formatRuns(runs),
  );
}

async function logs({ api, output }: ApiSession, id: string): Promise<void> {
  const lines: LogLine[] = [];
  for (;;) {
    const after = lines.at(-1)?.sequence ?? 0;
    const page = await api.get<{ lines: LogLine[] }>(`${pathOf(id)}/logs?after=${after}`);
    if (page.lines.length === 0) break;
    lines.push(...page.lines);
  }
  output.answer(lines, formatLog);
}
