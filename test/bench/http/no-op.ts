import { z } from 'zod';
import { type AnyJob, defineJob } from '../../../src/core/job.ts';

const definition = {
  summary: 'Does nothing, as fast as it can.',
  payload: z.object({ text: z.string() }),
  result: z.object({ length: z.int() }),
  run: (_: unknown, { text }: { readonly text: string }) =>
    Promise.resolve({ length: text.length }),
};

/** The job that the API accepts runs of. */
export const noOp = defineJob({ name: 'no-op', ...definition }) as AnyJob;

/** The same, whose runs may share deliveries. */
export const bundledNoOp = defineJob({
  name: 'bundled-no-op',
  bundle: { max: 200 },
  ...definition,
}) as AnyJob;
