import type { Command } from 'commander';
import type { ApiSession, Cli } from '../cli.ts';
import { formatTime } from '../output.ts';
import { parseWhole, readPayload } from './run-options.ts';
import { parseUnset, ruleOptions, toRules } from './schedule-options.ts';
import {
  formatMoments,
  formatSchedule,
  formatSchedules,
  formatUpcoming,
  type ScheduleDetails,
  type ShownSchedule,
  type UpcomingFirings,
} from './schedule-texts.ts';

type Options = Readonly<Record<string, unknown>>;

export function addScheduleCommands(program: Command, cli: Cli): void {
  const schedules = program
    .command('schedules')
    .description('when jobs run by themselves: look, pause, run, change, make up for the past');
  addLooks(schedules, cli);
  addActions(schedules, cli);
  addEdits(schedules, cli);
}

function addLooks(schedules: Command, cli: Cli): void {
  schedules
    .command('list')
    .description('the schedules, their next firings, and what is missed')
    .action(cli.withApi(list));

  schedules
    .command('show <name>')
    .description('one schedule: its rules, who set them, and what became of its last firings')
    .action(
      cli.withApi(async ({ api, output }, name: string) => {
        output.answer(await api.get<ScheduleDetails>(pathOf(name)), formatSchedule);
      }),
    );

  schedules
    .command('next <name>')
    .description('its next firings, in words and times')
    .option('--count <number>', 'how many', parseWhole, 10)
    .action(
      cli.withApi(async ({ api, output }, name: string, { count }: { count: number }) => {
        const path = `${pathOf(name)}/next?count=${count}`;
        output.answer(await api.get<UpcomingFirings>(path), formatUpcoming);
      }),
    );
}

async function list({ api, output }: ApiSession): Promise<void> {
  const { schedules } = await api.get<{ schedules: ShownSchedule[] }>('/schedules');
  output.answer(schedules, () =>
    schedules.length === 0
      ? 'No schedules yet: they are planted by nightshift start, from config/schedules.ts, or created with: nightshift schedules create'
      : formatSchedules(schedules),
  );
}

function addActions(schedules: Command, cli: Cli): void {
  schedules
    .command('pause <name>')
    .description('skip its firings until it is resumed')
    .option('--reason <text>', 'why, for those who look')
    .action(
      cli.withApi(async ({ api, output }, name: string, { reason }: { reason?: string }) => {
        const paused = await api.post<ShownSchedule>(`${pathOf(name)}/pause`, {
          reason,
        });
        output.answer(paused, () => `The schedule ${name} is paused.`);
      }),
    );

  schedules
    .command('resume <name>')
    .description('let it fire again')
    .action(
      cli.withApi(async ({ api, output }, name: string) => {
        const resumed = await api.post<ShownSchedule>(`${pathOf(name)}/resume`);
        output.answer(resumed, sayNext);
      }),
    );

  schedules
    .command('run <name>')
    .description('fire it now, beside its own moments')
    .action(
      cli.withApi(async ({ api, output }, name: string) => {
        const fired = await api.post<{ run: string | null }>(`${pathOf(name)}/run`);
        output.answer(fired, ({ run }) =>
          run === null
            ? 'It fires when the run before has ended.'
            : `Accepted: run ${run}. Follow it with: nightshift runs show ${run}`,
        );
      }),
    );

  schedules
    .command('backfill <name>')
    .description('make up for its moments in a range of the past, each with its own due time')
    .requiredOption('--from <time>', 'the first moment: 2026-11-01, 2026-11-01T09:00')
    .requiredOption('--to <time>', 'the last moment, not ahead')
    .option('--dry-run', 'only show what would become of each moment')
    .action(
      cli.withApi((session, name: string, options: Options) => backfill(session, name, options)),
    );
}

async function backfill(
  { api, output }: ApiSession,
  name: string,
  { from, to, dryRun = false }: Options,
): Promise<void> {
  const answer = await api.post<{ moments: { due: string; fate: string }[] }>(
    `${pathOf(name)}/backfill`,
    { from, to, dryRun },
  );
  output.answer(answer, ({ moments }) => formatMoments(moments, dryRun === true));
}

function addEdits(schedules: Command, cli: Cli): void {
  ruleOptions(
    schedules.command('create <name>').description('a schedule that no deploy takes away'),
  )
    .requiredOption('--job <name>', 'the job that it runs')
    .option('--payload <json>', 'the payload of each run, or @FILE that has it', readPayload, {})
    .action(
      cli.withApi(async ({ api, output }, name: string, { job, payload, ...options }: Options) => {
        const body = { name, job, payload, ...toRules(options) };
        output.answer(await api.post<ShownSchedule>('/schedules', body), sayNext);
      }),
    );

  ruleOptions(
    schedules
      .command('edit <name>')
      .description('change it; it stays so, whatever config says, until it is reset'),
  )
    .option('--job <name>', 'another job')
    .option('--payload <json>', 'another payload, or @FILE that has it', readPayload)
    .option('--unset <rules>', 'rules to take away: jitter,calendar', parseUnset)
    .action(
      cli.withApi(
        async ({ api, output }, name: string, { job, payload, unset, ...options }: Options) => {
          const rules = { ...toRules(options), ...(unset as object | undefined) };
          const body = { job, payload, ...rules };
          output.answer(await api.patch<ShownSchedule>(pathOf(name), body), sayNext);
        },
      ),
    );

  schedules
    .command('delete <name>')
    .description('take it away; one of config does not come back with the next deploy')
    .action(
      cli.withApi(async ({ api, output }, name: string) => {
        output.answer(
          await api.delete<unknown>(pathOf(name)),
          () => `The schedule ${name} is deleted.`,
        );
      }),
    );

  schedules
    .command('reset <name>')
    .description('go back to what config says, also after a deletion')
    .action(
      cli.withApi(async ({ api, output }, name: string) => {
        output.answer(await api.post<ShownSchedule>(`${pathOf(name)}/reset`), sayNext);
      }),
    );
}

function sayNext({ name, words, nextAt }: ShownSchedule): string {
  return `${name}: ${words}. ${nextAt === null ? 'It does not fire any more.' : `Next: ${formatTime(nextAt)}`}`;
}

/** A name is text from a person: it must not become another path. */
function pathOf(name: string): string {
  return `/schedules/${encodeURIComponent(name)}`;
}
