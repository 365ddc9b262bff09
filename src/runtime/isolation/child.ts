import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Output, readOutput } from './output.ts';
import type { ToChild, ToParent } from './protocol.ts';
import { residentKb } from './resident.ts';

/** The process of one isolated attempt, as its worker sees it. */
export interface Child {
  send(message: ToChild): void;
  /** Kills it, and whatever it has started. */
  kill(): void;
  /** Resolves when it is gone and everything it wrote has been read. */
  readonly death: Promise<Death>;
}

/** How a child ended. */
export interface Death {
  /** `exit code 1`, `signal SIGSEGV`, or why it could not be started. */
  readonly how: string;
  /** True when it was killed for its memory, or V8 gave up for want of it. */
  readonly isMemory: boolean;
  /** Its last lines on standard error. */
  readonly output: string;
}

export interface ChildOptions {
  readonly entry: URL;
  readonly memoryMb: number;
  onMessage(message: ToParent): void;
  onLine(stream: 'stdout' | 'stderr', line: string): void;
}

export function startChild({ entry, memoryMb, onMessage, onLine }: ChildOptions): Child {
  const child = fork(entry, [String(process.pid)], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [`--max-old-space-size=${memoryMb}`],
    // A group of its own: Ctrl-C is for the worker, and what the handler starts dies with it.
    detached: true,
  });
  const output = readOutput({ stdout: child.stdout!, stderr: child.stderr!, onLine });
  child.on('message', (message) => onMessage(message as ToParent));
  const kill = () => killGroup(child);
  const memory = watchMemory(child, memoryMb, kill);
  return {
    send(message) {
      // One that is gone is told by `death`.
      if (child.connected) child.send(message, () => {});
    },
    kill,
    death: awaitDeath(child, kill).then((how) => {
      memory.stop();
      return describeDeath(how, memory.isExceeded, output);
    }),
  };
}

/** What the kernel knows the group by is the pid of its leader, also after the leader is gone. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

/** So long what the child wrote may take to arrive once it is gone: a stranger may hold the pipe. */
const outputMs = 1000;

async function awaitDeath(child: ChildProcess, kill: () => void): Promise<string> {
  const closed = once(child, 'close').catch(() => undefined);
  const how = await new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    child.on('error', (error) => resolve(error.message));
  });
  kill();
  await Promise.race([closed, sleep(outputMs, undefined, { ref: false })]);
  return how;
}

function describeDeath(how: string, isExceeded: boolean, output: Output): Death {
  return { how, isMemory: isExceeded || output.isHeapFull, output: output.last || '(nothing)' };
}

const memoryPeriodMs = 200;

/** V8 bounds its own heap only: buffers and native libraries are seen from outside alone. */
function watchMemory({ pid }: ChildProcess, memoryMb: number, onExceeded: () => void) {
  const watch = { isExceeded: false, stop: () => clearInterval(timer) };
  async function look(): Promise<void> {
    const kb = pid === undefined ? undefined : await residentKb(pid);
    if (kb === undefined || kb <= memoryMb * 1024) return;
    watch.isExceeded = true;
    onExceeded();
  }
  const timer = setInterval(() => void look(), memoryPeriodMs);
  return watch;
}
