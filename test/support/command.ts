import { join } from 'node:path';
import { type ProcessOptions, startProcess } from './process.ts';

/** What a command of `nightshift` said, and the status it ended with. */
export interface CommandResult {
  readonly status: number | NodeJS.Signals;
  readonly output: string;
  readonly errors: string;
}

const cli = join(import.meta.dirname, '../../src/cli/main.ts');

/** The environment of somebody who has set nothing and whose terminal has no colours. */
export const unset: Readonly<Record<string, string>> = {
  DATABASE_URL: '',
  DATABASE_DIRECT_URL: '',
  REDIS_URL: '',
  NIGHTSHIFT_DATA: '',
  NIGHTSHIFT_PROFILE: '',
  NIGHTSHIFT_MAILBOX: '',
  PORT: '',
  NIGHTSHIFT_HOST: '',
  FORCE_COLOR: '0',
};

/** Runs a command of `nightshift` to its end, with nothing set but what `options` give. */
export async function runCommand(
  args: readonly string[],
  { env, ...options }: ProcessOptions = {},
): Promise<CommandResult> {
  await using child = startProcess(cli, args, { ...options, env: { ...unset, ...env } });
  const status = await child.ended();
  return { status, output: child.lines.join('\n'), errors: child.errors };
}
