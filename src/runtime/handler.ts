import { parsePayload, parseResult } from './catalogue.ts';
import { type ContextRequest, openContext, type Surroundings } from './context.ts';

/** Parses the payload, builds the context, runs the handler and parses its result; throws whatever went wrong. */
export async function runHandler(
  surroundings: Surroundings,
  request: ContextRequest & { readonly payload: unknown },
): Promise<unknown> {
  const { job, payload } = request;
  const parsed = parsePayload(job, payload);
  const ctx = await openContext(surroundings, request);
  return parseResult(job, await job.run(ctx, parsed));
}
