import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type BulkAction, bulkStates } from '../../core/bulk.ts';
import { Failure } from '../../core/errors.ts';
import type { RunError } from '../../core/run.ts';
import { ApiError } from '../api.ts';
import type { ApiSession, Cli } from '../cli.ts';
import { formatTime } from '../output.ts';
import { formatTable, printable } from '../table.ts';
import { filterOptions, parseRate, parseWhole, pathOf, toFilter, toQuery } from './run-options.ts';
import { formatRuns, type ShownRun } from './run-texts.ts';

type Options = Record<string, unknown>;

/** What `POST /runs/bulk` answers. */
interface Bulk {
  readonly id: string;
  readonly matched: number;
  readonly changed: number;
  readonly finishedAt: string | null;
}

/** `failures`, `retry` and `cancel`. */
export function addBulkCommands(runs: Command, cli: Cli): void {
  filterOptions(runs.command('failures').description('failed runs, grouped by their cause'))
    .option('--limit <number>', 'how many groups at the most', parseWhole, 20)
    .action(cli.withApi((session, options: Options) => listFailures(session, options)));

  const retry = runs
    .command('retry [ids...]')
    .description('queue failed runs again, by id or by filter; remembered steps are not repeated')
    .option('--rate <number>', 'so many runs a second, the others wait for their time', parseRate);
  manyOptions(retry, 'retry')
    .addHelpText('after', examples('retry --job mail-triage --since 2h --rate 10 --dry-run'))
    .action(
      cli.withApi((session, ids: string[], options: Options) =>
        change(session, { action: 'retry', ids, options }),
      ),
    );

  const cancel = runs
    .command('cancel [ids...]')
    .description('end unfinished runs, by id or by filter, on whatever machine they are')
    .option('--reason <text>', 'kept with each run', 'cancelled by hand');
  manyOptions(cancel, 'cancel')
    .addHelpText('after', examples('cancel --job mail-triage --state queued --dry-run'))
    .action(
      cli.withApi((session, ids: string[], options: Options) =>
        change(session, { action: 'cancel', ids, options }),
      ),
    );
}

function manyOptions(command: Command, action: BulkAction): Command {
  const states = bulkStates[action];
  const byDefault = action === 'retry' ? 'failed' : 'all of these';
  return filterOptions(command)
    .addOption(
      new Option('--state <state>', `only runs in this state; without it: ${byDefault}`).choices(
        states,
      ),
    )
    .option('--limit <number>', 'how many at the most, the oldest first', parseWhole)
    .option('--all', 'take them all, when there is no filter')
    .option('--dry-run', 'only count them and show the first');
}

function examples(line: string): string {
  return `\nExample:\n  nightshift runs ${line}`;
}

interface Wish {
  readonly action: BulkAction;
  readonly ids: readonly string[];
  readonly options: Options;
}

async function change(session: ApiSession, wish: Wish): Promise<void> {
  const filter = toFilter(wish.options);
  if (wish.ids.length === 0) return changeMany(session, { ...wish, filter });
  const beside = ['dryRun', 'rate', 'limit', 'all'].filter((name) => wish.options[name]);
  if (Object.keys(filter).length + beside.length > 0) throw new Failure('bulk.mixed', {});
  return changeEach(session, wish);
}

/** One after the other; what cannot be changed is told, and the others are changed. */
async function changeEach({ api, output }: ApiSession, { action, ids, options }: Wish) {
  const changed: ShownRun[] = [];
  const refused: ApiError[] = [];
  for (const id of ids) {
    const body = action === 'cancel' ? { reason: options.reason } : undefined;
    try {
      changed.push(await api.post<ShownRun>(`${pathOf(id)}/${action}`, body));
    } catch (error) {
      if (!(error instanceof ApiError) || ids.length === 1) throw error;
      refused.push(error);
    }
  }
  const done = action === 'retry' ? 'queued again' : 'cancelled';
  output.answer(ids.length === 1 ? changed[0] : { changed, refused: refused.map(problemOf) }, () =>
    [
      ...changed.map(({ id, job }) => `Run ${id} of ${job} is ${done}.`),
      ...refused.map(({ message }) => message),
    ].join('\n'),
  );
  if (refused.length > 0) process.exitCode = 1;
}

function problemOf({ problem }: ApiError) {
  return problem;
}

async function changeMany(
  session: ApiSession,
  { action, filter, options }: Wish & { filter: object },
): Promise<void> {
  const { rate, limit, all, reason, dryRun } = options;
  const order = { action, filter, rate, limit, all, ...(action === 'cancel' && { reason }) };
  if (dryRun) return preview(session, order);
  const { api, output } = session;
  let bulk = await api.post<Bulk>('/runs/bulk', order);
  while (bulk.finishedAt === null) {
    output.note(`${bulk.changed} runs so far …`);
    await sleep(1000);
    bulk = await api.get<Bulk>(`/runs/bulk/${bulk.id}`);
  }
  output.answer(bulk, ({ matched, changed }) => {
    const done = action === 'retry' ? 'queued again' : 'cancelled';
    const others = matched - changed;
    return `${countRuns(changed)} ${done}.${others > 0 ? ` ${others} had moved on meanwhile.` : ''}`;
  });
}

async function preview({ api, output }: ApiSession, order: object): Promise<void> {
  const found = await api.post<{ matched: number; sample: ShownRun[] }>('/runs/bulk', {
    ...order,
    dryRun: true,
  });
  output.answer(found, ({ matched, sample }) =>
    [
      `${countRuns(matched)} would be changed${matched > sample.length ? '; the first of them:' : '.'}`,
      ...(sample.length > 0 ? [formatRuns(sample)] : []),
    ].join('\n'),
  );
}

function countRuns(count: number): string {
  return count === 1 ? '1 run' : `${count} runs`;
}

interface FailureGroup {
  readonly job: string;
  readonly fingerprint: string;
  readonly count: number;
  readonly lastSeen: string;
  readonly error: RunError;
  readonly latest: readonly string[];
}

async function listFailures({ api, output }: ApiSession, options: Options): Promise<void> {
  const { failures } = await api.get<{ failures: FailureGroup[] }>(
    `/runs/failures?${toQuery(options)}`,
  );
  output.answer(failures, () =>
    failures.length === 0
      ? 'No run has failed.'
      : formatTable(
          ['JOB', 'FINGERPRINT', 'RUNS', 'LAST SEEN', 'LATEST', 'ERROR'],
          failures.map(({ job, fingerprint, count, lastSeen, latest, error }) => [
            job,
            fingerprint,
            count,
            formatTime(lastSeen),
            latest[0] ?? '',
            printable(error.message).slice(0, 80),
          ]),
        ),
  );
}
