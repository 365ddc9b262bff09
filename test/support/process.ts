import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { compileCacheFolder } from '../../src/app/compile-cache.ts';
import { until } from './until.ts';

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The folder it is started in; that of the tests when left out. */
  readonly cwd?: string;
  /** Runs it as another user; only root may. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Opens its standard input, for `write`. */
  readonly input?: boolean;
}

/** A process that a test started; disposing kills it. */
export interface TestProcess extends AsyncDisposable {
  readonly pid: number;
  /** Every line of standard output so far. */
  readonly lines: readonly string[];
  /** Everything on standard error so far. */
  readonly errors: string;
  /** The first line that `pattern` matches, now or later. */
  line(pattern: RegExp, timeoutMs?: number): Promise<string>;
  /** What `pattern` matches on standard error, now or later. */
  said(pattern: RegExp, timeoutMs?: number): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Writes a line to its standard input; lost on one that has ended. */
  write(line: string): void;
  /** The status it ended with, or the signal that ended it; everything it wrote has been read by then. */
  ended(): Promise<number | NodeJS.Signals>;
}

/** Starts a file of TypeScript with this Node, from compiled code where it was started before. */
export function startProcess(
  file: string,
  args: readonly string[] = [],
  { env = {}, cwd, user, input = false }: ProcessOptions = {},
): TestProcess {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder, ...env },
    ...(cwd !== undefined && { cwd }),
    ...user,
  });
  const closed = once(child, 'close');
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('close', () => process.off('exit', killAtExit));
  const lines: string[] = [];
  let errors = '';
  child.stdin.on('error', () => {}); // it has ended
  if (!input) child.stdin.end();
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    errors += data;
  });
  const self: TestProcess = {
    pid: child.pid ?? 0,
    lines,
    get errors() {
      return errors;
    },
    line: (pattern, timeoutMs = 60_000) =>
      until(() => lines.find((line) => pattern.test(line)) ?? refuseEnded(child, pattern, errors), {
        timeoutMs,
      }),
    said: (pattern, timeoutMs = 60_000) =>
      until(() => pattern.exec(errors)?.[0] ?? refuseEnded(child, pattern, errors), { timeoutMs }),
    kill: (signal) => void child.kill(signal),
    write: (line) => void (input && child.stdin.write(`${line}\n`)),
    async ended() {
      await closed;
      return child.exitCode ?? child.signalCode ?? 0;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await self.ended();
    },
  };
  return self;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Waiting longer is of no use once the process and its output have ended. */
function refuseEnded(child: ChildProcess, pattern: RegExp, errors: string): undefined {
  if (hasEnded(child) && child.stdout?.readableEnded)
    throw new Error(`the process ended without a line like ${pattern}\n${errors}`);
}
