import { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import manifest from '../../package.json' with { type: 'json' };
import { openCli } from './cli.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addCatalogueCommands } from './commands/catalogue.ts';
import { addConfigCommands } from './commands/config.ts';
import { addControlCommands } from './commands/control.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEnqueueCommand } from './commands/enqueue.ts';
import { addEventCommand } from './commands/event.ts';
import { addHookCommands } from './commands/hooks.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addMigrateCommands } from './commands/migrate.ts';
import { addProcessCommands } from './commands/processes.ts';
import { addRunCommands } from './commands/runs.ts';
import { addScheduleCommands } from './commands/schedules.ts';
import { addSearchCommand } from './commands/search.ts';

/** The `nightshift` command. Wrong use throws a CommanderError; everything else throws what went wrong. */
export function buildProgram(readConfig: () => Config): Command {
  const cli = openCli(readConfig);
  const program = new Command('nightshift')
    .description('Background jobs that do real work while people sleep, and never lose any.')
    .version(manifest.version)
    .option('--json', 'answer with one JSON value, for scripts')
    .showSuggestionAfterError()
    .showHelpAfterError('Say it with --help to see what it takes.')
    .exitOverride()
    .addHelpText('after', guide);
  addProcessCommands(program, cli);
  addEnqueueCommand(program, cli);
  addEventCommand(program, cli);
  addRunCommands(program, cli);
  addCatalogueCommands(program, cli);
  addScheduleCommands(program, cli);
  addHookCommands(program, cli);
  addControlCommands(program, cli);
  addSearchCommand(program, cli);
  addKeyCommands(program, cli);
  addAuditCommands(program, cli);
  addMigrateCommands(program, cli);
  addConfigCommands(program, cli);
  addDoctorCommand(program, cli);
  addDemoCommand(program, cli);
  return program;
}

const guide = `
First steps:
  nightshift demo                       triage the sample mailbox and show what was found
  nightshift start                      run everything in this process; stop it with ctrl-C
  nightshift web | worker | control     run one part of it, with DATABASE_URL; any number of each
  nightshift enqueue mail-triage --payload '{"mailbox":"~/Maildir"}' --wait
  nightshift search "invoice october"   find what jobs stored
  nightshift doctor                     check this machine and say what to do

Exit status: 0 done, 1 failed, 2 wrong use.`;
