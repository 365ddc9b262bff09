import type { StoredPayload } from '../core/upgrade.ts';
import { parseResult, readPayload } from './catalogue.ts';
import { type ContextRequest, openContext, type Surroundings } from './context.ts';

/** Upgrades and parses the payload, builds the context, runs the handler and parses its result; throws whatever went wrong, or `Suspended`. */
export async function runHandler(
  surroundings: Surroundings,
  request: ContextRequest & StoredPayload,
): Promise<unknown> {
  const { job } = request;
  const parsed = readPayload(job, request);
  const { ctx, unlessSuspended } = await openContext(surroundings, request);
  return parseResult(job, await unlessSuspended(job.run(ctx, parsed)));
}
