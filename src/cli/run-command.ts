import { CommanderError } from 'commander';
import { readConfig } from '../../config/index.ts';
import { Failure } from '../core/errors.ts';
import type { FailureKind } from '../core/failures.ts';
import { ApiError } from './api.ts';
import { buildProgram } from './program.ts';

/** Runs the command of these arguments (`process.argv`); what goes wrong is said on standard error, and sets the exit status. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram(readConfig).parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, argv.includes('--json'));
  }
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const problem = describe(error);
  process.stderr.write(
    json ? `${JSON.stringify({ error: problem })}\n` : `nightshift: ${problem.detail}\n`,
  );
  return statusOf(problem.kind);
}

function describe(error: unknown): { code: string; kind: FailureKind; detail: string } {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof Failure)
    return { code: error.code, kind: error.kind, detail: error.message };
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'internal', kind: 'bug', detail };
}

/** Exit status by kind: what the caller got wrong is 2, everything else 1. */
function statusOf(kind: FailureKind): number {
  return kind === 'invalid' ? 2 : 1;
}
