import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { formatMs } from '../../core/duration.ts';
import { Failure } from '../../core/errors.ts';
import { isFinal } from '../../core/run.ts';
import type { RunWatch } from '../run-watch.ts';
import { optionalDuration } from './run-schemas.ts';

/** `?wait=` may ask for so long. */
const longestWaitMs = 60_000;

/** The query of a route that waits. */
export const waiting = z.strictObject({
  wait: optionalDuration
    .describe('Answer when the run has ended, or after this time; 60s at the most.')
    .meta({ examples: ['30s'] }),
});

/** Throws `wait.too_long`. */
export function checkWait(ms: number | undefined): void {
  if (ms !== undefined && ms > longestWaitMs)
    throw new Failure('wait.too_long', { wait: formatMs(ms), most: formatMs(longestWaitMs) });
}

/** Resolves once the run has ended or is gone, after `ms`, or when `signal` is aborted. */
export async function waitForEnd(
  watch: RunWatch,
  { id, ms, signal }: { readonly id: string; readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  const done = Promise.withResolvers<void>();
  const unwatch = watch.watch(id, (look) => {
    if (!look || isFinal(look.state)) done.resolve();
  });
  const timer = setTimeout(done.resolve, ms);
  const onAbort = () => done.resolve();
  signal.addEventListener('abort', onAbort);
  await done.promise;
  signal.removeEventListener('abort', onAbort);
  clearTimeout(timer);
  unwatch();
}

/** Aborted when `closing` is, or whoever asked has gone. */
export function signalOf({ raw }: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  if (raw.destroyed) gone.abort();
  return AbortSignal.any([gone.signal, closing]);
}
