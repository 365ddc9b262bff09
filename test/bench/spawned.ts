import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ContestantName, Settings } from './contestants.ts';

/** A contestant in a process of its own: neither its memory nor what it taught the compiler reaches another. */
export interface SpawnedContestant extends AsyncDisposable {
  readonly name: ContestantName;
  readonly pid: number;
  fill(size: number): Promise<Spent>;
  drain(size: number): Promise<Spent>;
  settle(size: number): Promise<Spent>;
}

/** Time and processor time, as the contestant's own process measured them. */
export interface Spent {
  readonly ms: number;
  readonly cpuMicroseconds: number;
}

/** What the parent asks of the child, one at a time. */
export interface Request {
  readonly method: 'fill' | 'drain' | 'settle' | 'close';
  readonly size: number;
}

export type Answer = { readonly spent: Spent } | { readonly error: string };

/** Starts `name`; resolves when it is ready for its first round. */
export async function spawnContestant(
  name: ContestantName,
  settings: Settings,
): Promise<SpawnedContestant> {
  const child = fork(join(import.meta.dirname, 'contestant-process.ts'), [
    name,
    JSON.stringify(settings),
  ]);
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.once('close', () => process.off('exit', killAtExit));
  await answerOf(child);

  const ask = (method: Request['method']) => (size: number) => {
    const answered = answerOf(child);
    child.send({ method, size } satisfies Request);
    return answered;
  };
  return {
    name,
    pid: child.pid!,
    fill: ask('fill'),
    drain: ask('drain'),
    settle: ask('settle'),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.send({ method: 'close', size: 0 } satisfies Request);
      await closed;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<Spent> {
  const ended = new AbortController();
  const onExit = () => ended.abort(new Error('a contestant ended without an answer'));
  child.once('exit', onExit);
  try {
    const [answer] = (await once(child, 'message', { signal: ended.signal })) as [Answer];
    if ('error' in answer) throw new Error(answer.error);
    return answer.spent;
  } finally {
    child.off('exit', onExit);
  }
}
