import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { formatTime } from '../output.ts';
import { formatTable } from '../table.ts';

interface ShownJob {
  readonly name: string;
  readonly summary: string;
  readonly version: number;
  readonly pool: string;
  readonly timeout: string;
}

interface ShownSchedule {
  readonly name: string;
  readonly job: string;
  readonly cron: string;
  readonly timezone: string;
  readonly nextDue: string;
  readonly late: boolean;
}

export function addCatalogueCommands(program: Command, cli: Cli): void {
  program
    .command('jobs')
    .description('the jobs of this installation')
    .action(
      cli.withApi(async ({ api, output }) => {
        const { jobs } = await api.get<{ jobs: ShownJob[] }>('/jobs');
        output.answer(jobs, () =>
          formatTable(
            ['JOB', 'VERSION', 'POOL', 'TIMEOUT', 'WHAT IT DOES'],
            jobs.map(({ name, version, pool, timeout, summary }) => [
              name,
              version,
              pool,
              timeout,
              summary,
            ]),
          ),
        );
      }),
    );

  program
    .command('schedules')
    .description('when jobs run by themselves')
    .command('list')
    .description('the schedules and their next firings')
    .action(
      cli.withApi(async ({ api, output }) => {
        const { schedules } = await api.get<{ schedules: ShownSchedule[] }>('/schedules');
        output.answer(schedules, () =>
          schedules.length === 0
            ? 'No schedules yet: they are planted by nightshift start, from config/schedules.ts.'
            : formatTable(
                ['SCHEDULE', 'JOB', 'CRON', 'ZONE', 'NEXT', ''],
                schedules.map(({ name, job, cron, timezone, nextDue, late }) => [
                  name,
                  job,
                  cron,
                  timezone,
                  formatTime(nextDue),
                  late ? 'late' : '',
                ]),
              ),
        );
      }),
    );
}
