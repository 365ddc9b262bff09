import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { formatTable } from '../table.ts';

interface ShownJob {
  readonly name: string;
  readonly summary: string;
  readonly version: number;
  readonly pool: string;
  readonly timeout: string;
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
}
