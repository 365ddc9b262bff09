import { type Command, InvalidArgumentError, Option } from 'commander';
import { jobs } from '../../../jobs/index.ts';
import {
  all,
  control,
  type ProcessKind,
  startProcess,
  type WorkerChoice,
  web,
  worker,
} from '../../app/index.ts';
import { Failure } from '../../core/errors.ts';
import { openCatalogue } from '../../runtime/index.ts';
import type { Cli, Session } from '../cli.ts';

/** The commands that run until a signal: one per kind of process, the same as the files of workers/. */
export function addProcessCommands(program: Command, cli: Cli): void {
  const start = (kind: ProcessKind) => startProcess(kind, { config: cli.config() });

  program
    .command('start')
    .description('run everything in this process: the API, workers, schedules, the control plane')
    .addHelpText('after', stopping)
    .action(cli.plain(() => start(all)));

  program
    .command('web')
    .description('serve the API on PORT, and run no jobs; any number may run (needs DATABASE_URL)')
    .addHelpText('after', stopping)
    .action(cli.plain(() => start(web)));

  program
    .command('worker')
    .description('run jobs, and nothing else; any number may run (needs DATABASE_URL)')
    .option('--queues <jobs>', 'only these jobs, their names joined by commas', parseJobs)
    .addOption(
      new Option('--pool <pool>', 'only the jobs of this pool')
        .choices(['general', 'heavy'])
        .conflicts('queues'),
    )
    .addHelpText('after', stopping)
    .action(
      cli.plain((_: Session, { queues, pool }: WorkerOptions) =>
        start(worker({ ...(queues && { jobs: queues }), ...(pool && { pool }) })),
      ),
    );

  program
    .command('control')
    .description(
      'run the control plane: schedules, rescue and other duties, the relay; any number may run (needs DATABASE_URL)',
    )
    .addHelpText('after', stopping)
    .action(cli.plain(() => start(control)));
}

interface WorkerOptions {
  readonly queues?: readonly string[];
  readonly pool?: WorkerChoice['pool'];
}

const stopping = '\nctrl-C lets running jobs finish for a while; a second ctrl-C stops at once.';

function parseJobs(text: string): readonly string[] {
  const catalogue = openCatalogue(jobs);
  try {
    return [...new Set(text.split(',').map((name) => catalogue.find(name.trim()).name))];
  } catch (error) {
    if (error instanceof Failure) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
