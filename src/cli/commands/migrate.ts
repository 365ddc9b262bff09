import type { Command } from 'commander';
import { migrationsOf, openDatabaseOf } from '../../app/index.ts';
import type { Cli } from '../cli.ts';
import { formatTime, type Output } from '../output.ts';
import { formatTable } from '../table.ts';

export function addMigrateCommands(program: Command, cli: Cli): void {
  const migrate = program.command('migrate').description('bring the database schema up or down');
  migrate
    .command('up')
    .description('apply every migration that is pending')
    .action(
      cli.plain(({ output }) =>
        withMigrations(cli, async (migrations) => sayApplied(output, await migrations.up())),
      ),
    );
  migrate
    .command('down')
    .description('undo the last migration that was applied')
    .action(
      cli.plain(({ output }) =>
        withMigrations(cli, async (migrations) => {
          const undone = await migrations.down();
          output.answer({ undone: undone ?? null }, () =>
            undone === undefined ? 'There is nothing to undo.' : `Undone: ${undone}`,
          );
        }),
      ),
    );
  migrate
    .command('status')
    .description('which migrations are applied, and which are pending')
    .action(
      cli.plain(({ output }) =>
        withMigrations(cli, async (migrations) => {
          const rows = await migrations.status();
          output.answer(rows, () =>
            formatTable(
              ['MIGRATION', 'APPLIED'],
              rows.map(({ name, appliedAt }) => [
                name,
                appliedAt ? formatTime(appliedAt) : 'pending',
              ]),
            ),
          );
        }),
      ),
    );
}

type Migrations = ReturnType<typeof migrationsOf>;

async function withMigrations(
  cli: Cli,
  work: (migrations: Migrations) => Promise<void>,
): Promise<void> {
  const database = await openDatabaseOf(cli.config());
  try {
    await work(migrationsOf(database));
  } finally {
    await database.close();
  }
}

function sayApplied(output: Output, applied: readonly string[]): void {
  output.answer({ applied }, () =>
    applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}`,
  );
}
