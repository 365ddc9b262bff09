import type { Command } from 'commander';
import { runAll } from '../../app/index.ts';
import type { Cli } from '../cli.ts';

export function addStartCommand(program: Command, cli: Cli): void {
  program
    .command('start')
    .description(
      'run everything in this process: workers, schedules, and the socket that answers this CLI',
    )
    .addHelpText(
      'after',
      '\nctrl-C lets running jobs finish for a while; a second ctrl-C stops at once.',
    )
    .action(cli.plain(() => runAll(cli.config())));
}
