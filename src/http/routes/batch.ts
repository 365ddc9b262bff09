import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Author } from '../../core/audit.ts';
import { Failure } from '../../core/errors.ts';
import { type BatchedRun, batchMost, type Refusal } from '../../runtime/index.ts';
import { answering } from '../answering.ts';
import { idempotencyHeaders, markReplayed, readRequestKey } from '../idempotency.ts';
import { findDenial } from '../job-limits.ts';
import type { Operated, Server } from '../operated.ts';
import { faultsIn } from '../problem.ts';
import { type NewRunBody, newRun, toOptions } from './run-schemas.ts';

const batch = z
  .strictObject({
    runs: z.array(
      z.unknown().meta(z.toJSONSchema(newRun, { io: 'input', unrepresentable: 'any' })),
    ),
    partial: z
      .boolean()
      .default(false)
      .describe('Accept what can be accepted, and answer what cannot; else it is all or nothing.'),
  })
  .meta({ examples: [{ runs: [{ job: 'mail-triage', payload: { mailbox: 'sample' } }] }] });

const batchAnswer = z
  .strictObject({
    accepted: z.array(
      z.strictObject({ index: z.int(), id: z.string(), existing: z.literal(true).optional() }),
    ),
    refused: z.array(z.strictObject({ index: z.int(), code: z.string(), detail: z.string() })),
  })
  .meta({
    examples: [
      { accepted: [{ index: 0, id: '019aa6e2-7a00-7000-8000-000000000001' }], refused: [] },
    ],
  });

/** Many runs, of any jobs, in one commit. */
export function batchRoutes(server: Server, { enqueuer }: Operated): void {
  server.post(
    '/runs/batch',
    {
      schema: {
        tags: ['runs'],
        summary: 'Accept many runs, all or nothing, or what can be',
        headers: idempotencyHeaders,
        body: batch,
        ...answering({ 202: batchAnswer }),
      },
    },
    async (request, reply) => {
      const { runs, partial } = request.body;
      if (runs.length > batchMost)
        throw new Failure('enqueue.too_many', { count: runs.length, most: batchMost });
      const { batched, refused } = readRuns(runs, request);
      const once = readRequestKey(request);
      const answer = await enqueuer.offerBatch(batched, { partial, refused, once });
      markReplayed(reply, answer.replayed);
      return reply.status(202).send({
        accepted: answer.accepted.map(({ index, id, existing }) => ({
          index,
          id,
          ...(existing && { existing }),
        })),
        refused: answer.refused,
      });
    },
  );
}

/** Each is read by itself, so that one that is no run is refused like one that its job refuses. */
function readRuns(
  runs: readonly unknown[],
  request: FastifyRequest,
): { batched: BatchedRun[]; refused: Refusal[] } {
  const batched: BatchedRun[] = [];
  const refused: Refusal[] = [];
  const by = request.author();
  for (const [index, run] of runs.entries()) {
    const read = newRun.safeParse(run);
    const denial = read.success ? findDenial(request.actor, [read.data.job]) : undefined;
    if (denial) request.tellRefused(denial);
    if (!read.success)
      refused.push({ index, code: 'request.invalid', detail: `${faultsIn(read.error)}.` });
    else if (denial) refused.push({ index, code: denial.code, detail: denial.message });
    else batched.push({ index, ...toBatched(read.data, by) });
  }
  return { batched, refused };
}

function toBatched(
  { job, payload, ...options }: NewRunBody,
  by: Author,
): Omit<BatchedRun, 'index'> {
  return { job, payload, options: { ...toOptions(options), by } };
}
