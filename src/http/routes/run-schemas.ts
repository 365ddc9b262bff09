import { z } from 'zod';
import { durationMs } from '../../core/duration.ts';
import { type Run, shownState } from '../../core/run.ts';

export const byId = z.object({ id: z.string() });

export const optionalDuration = z
  .string()
  .transform((text, check) => {
    try {
      return durationMs(text);
    } catch (error) {
      check.addIssue((error as Error).message);
      return z.NEVER;
    }
  })
  .optional();

export const newRun = z.strictObject({
  job: z.string(),
  payload: z.unknown().default({}),
  delay: optionalDuration,
  priority: z.int().min(0).max(2_097_151).default(0),
  expires: optionalDuration,
});

/** A moment as ISO 8601, or a date, which begins at midnight UTC. */
const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'is not a time; write 2026-11-21 or 2026-11-21T03:00:00Z',
  })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => text >= '1970' && text < '9999', 'is not between 1970 and 9998');

/** Which runs, as every route understands it; `from` and `to` are about when a run was accepted. */
export const filterFields = {
  job: z.stringFormat('job name', /^[a-z\d-]+$/).optional(),
  fingerprint: z.stringFormat('fingerprint', /^[\da-f]{16}$/).optional(),
  from: moment.optional(),
  to: moment.optional(),
};

/** A run as it is answered. */
export function showRun(run: Run) {
  return { ...run, shownState: shownState(run, new Date()) };
}
