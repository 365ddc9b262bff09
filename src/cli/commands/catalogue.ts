import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type DescribedJob, renderJobTypes } from '../../client/index.ts';
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
  const jobs = program
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

  jobs
    .command('types')
    .description('the types of their payloads and results, for apps that use the client')
    .option('--out <file>', 'the file of TypeScript to write; standard output when left out')
    .action(
      cli.withApi(async ({ api, output }, { out }: { out?: string }) => {
        const described = await api.get<{ jobs: DescribedJob[] }>('/jobs');
        const text = renderJobTypes(described.jobs);
        if (out !== undefined) writeFileSync(out, text);
        const written = { file: out ?? null, jobs: described.jobs.length };
        output.answer(out === undefined ? { ...written, text } : written, () =>
          out === undefined ? text.trimEnd() : `Written: ${out}`,
        );
      }),
    );
}
