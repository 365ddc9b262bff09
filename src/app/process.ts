import { Failure } from '../core/errors.ts';

/** Runs the main function of a process: an expected failure is one sentence and a status, not a stack trace. */
export async function runProcess(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`nightshift: ${error.message}\n`);
    process.exitCode = error.kind === 'invalid' ? 2 : 1;
  }
}
