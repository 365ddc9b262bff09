import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examine, type Finding } from '../doctor.ts';

const marks = {
  fine: styleText('green', '✓'),
  warning: styleText('yellow', '!'),
  fault: styleText('red', '✗'),
} as const;

export function addDoctorCommand(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description(
      'check Node, configuration, data folder, database, queues, archive and mailbox, and say what to do',
    )
    .action(
      cli.plain(async ({ output }) => {
        const findings = await examine(() => cli.config());
        output.answer(findings, () => findings.map(show).join('\n'));
        if (findings.some(({ state }) => state === 'fault')) process.exitCode = 1;
      }),
    );
}

function show({ what, state, says }: Finding): string {
  return `${marks[state]} ${what.padEnd(14)} ${says.replaceAll('\n', `\n${' '.repeat(17)}`)}`;
}
