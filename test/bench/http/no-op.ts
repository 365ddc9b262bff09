import { z } from 'zod';
import { type AnyJob, defineJob } from '../../../src/core/job.ts';

/** The job that the API accepts runs of. */
export const noOp = defineJob({
  name: 'no-op',
  summary: 'Does nothing, as fast as it can.',
  payload: z.object({ text: z.string() }),
  result: z.object({ length: z.int() }),
  run: (_, { text }) => Promise.resolve({ length: text.length }),
}) as AnyJob;
