import { Worker } from 'node:worker_threads';
import type { Need } from '../../core/context.ts';
import type { AnyJob } from '../../core/job.ts';
import type { Providers } from '../context.ts';
import { runHandler } from '../handler.ts';
import { pack, unpack } from './crossing.ts';
import type { Answer, Start, ToChild, ToParent } from './protocol.ts';
import { openRemoteHolding } from './remote-holding.ts';

export interface ServeOptions {
  /** The job of the attempt, with no more modules than it takes. */
  findJob(name: string): Promise<AnyJob>;
  /** How this installation meets these needs, by the `setup` that the worker was given. */
  openProviders(setup: never, needs: readonly Need[]): Promise<Providers>;
}

/**
 * The whole life of the child of an isolated attempt: it is told which one, runs the handler, says how it
 * ended, and exits. It exits at once when the worker is gone, and is killed then if its handler blocks it.
 */
export function serveAttempt(options: ServeOptions): void {
  const send = (message: ToParent) => process.send!(message);
  const control = new AbortController();
  const holding = openRemoteHolding(send);
  process.once('disconnect', endWithGroup);
  if (!process.connected) endWithGroup();
  new Worker(new URL('orphan-watch.ts', import.meta.url), { argv: process.argv.slice(2) }).unref();

  async function run(start: Start): Promise<unknown> {
    const job = await options.findJob(start.job);
    const providers = await options.openProviders(start.setup as never, job.needs);
    const { payload, version } = start;
    return runHandler(
      { providers, now: () => new Date() },
      { run: start, job, payload, version, holding, signal: control.signal },
    );
  }

  async function runToEnd(start: Start): Promise<void> {
    const answer = await run(start).then(
      (value): Answer => ({ value }),
      (error: unknown): Answer => ({ error: pack(error) }),
    );
    sayEnd(answer);
  }

  process.on('message', (message: ToChild) => {
    if (message.kind === 'start') void runToEnd(message);
    else if (message.kind === 'abort') control.abort(unpack(message.reason));
    else holding.take(message.id, message.answer);
  });
}

/** With all that the handler has started: this process leads a group of its own. */
function endWithGroup(): void {
  process.kill(-process.pid, 'SIGKILL');
}

/** A result that no message can carry is a failure of the handler like any other. */
function sayEnd(answer: Answer): void {
  const exit = () => flush(() => process.exit());
  try {
    process.send!({ kind: 'ended', answer } satisfies ToParent, exit);
  } catch (error) {
    process.send!({ kind: 'ended', answer: { error: pack(error) } } satisfies ToParent, exit);
  }
}

/** Standard output is a pipe here, and what is still on its way would be lost. */
function flush(then: () => void): void {
  process.stdout.write('', () => process.stderr.write('', then));
}
