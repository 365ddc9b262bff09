import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { formatTable } from '../table.ts';

export function addConfigCommands(program: Command, cli: Cli): void {
  const config = program.command('config').description('what this installation is set to');
  config
    .command('print')
    .description(
      'every variable with its effective value and where it comes from; secrets are masked',
    )
    .action(
      cli.plain(({ output }) => {
        const { settings } = cli.config();
        output.answer(settings, () =>
          formatTable(
            ['VARIABLE', 'VALUE', 'FROM'],
            settings.map(({ variable, value, source }) => [variable, value ?? '–', source]),
          ),
        );
      }),
    );
  config
    .command('check')
    .description('read the configuration and say what is wrong with it, all at once')
    .action(
      cli.plain(({ output }) => {
        const { warnings, footprint } = cli.config();
        output.answer({ footprint, warnings }, () =>
          [
            `The configuration is valid; the footprint is ${footprint}.`,
            ...warnings.map(({ message }) => `warning: ${message}`),
          ].join('\n'),
        );
      }),
    );
}
