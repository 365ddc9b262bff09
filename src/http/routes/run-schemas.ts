import { z } from 'zod';
import type { Author } from '../../core/audit.ts';
import { type Duration, durationMs } from '../../core/duration.ts';
import { describeHold } from '../../core/limits.ts';
import { type Run, shownState } from '../../core/run.ts';
import type { Sql } from '../../core/sql.ts';
import { findHold } from '../../ledger/index.ts';
import type { EnqueueOptions } from '../../runtime/index.ts';

export const byId = z.strictObject({
  id: z
    .string()
    .max(100)
    .meta({ examples: ['019aa6e2-7a00-7000-8000-000000000001'] }),
});

/** Nothing, or an empty object. */
export const noBody = z
  .strictObject({})
  .nullish()
  .meta({ examples: [{}] });

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

/** A duration that is checked with what it belongs to. */
const duration = z
  .custom<Duration>((value) => typeof value === 'string', 'is not a duration; write 30s, 15m or 2h')
  .meta({ type: 'string', examples: ['30s'] });

export const newRun = z
  .strictObject({
    job: z.string().max(200),
    payload: z.unknown().default({}),
    delay: optionalDuration.describe('Until it may run: 10m, 2h, 7d.'),
    priority: z.int().min(0).max(2_097_151).default(0).describe('0 is first.'),
    expires: optionalDuration.describe('How long it may wait to begin.'),
    key: z.string().optional().describe('Whose run it is, where the limits of its job go by that.'),
    unique: z.strictObject({ key: z.string().optional(), for: duration.optional() }).optional(),
    debounce: z
      .strictObject({ key: z.string(), for: duration, upTo: duration.optional() })
      .optional(),
    throttle: z.strictObject({ key: z.string(), per: duration }).optional(),
  })
  // Zod drops `examples` where something is transformed.
  .meta({
    'x-examples': { usual: { value: { job: 'mail-triage', payload: { mailbox: 'sample' } } } },
  });

export type NewRunBody = z.output<typeof newRun>;

/** What a body says of a run beside job and payload, in the words of `enqueue`. */
export function toOptions({
  delay = 0,
  expires,
  key,
  ...options
}: Omit<NewRunBody, 'job' | 'payload'>): Omit<EnqueueOptions, 'tx' | 'once'> {
  return {
    ...options,
    delayMs: delay,
    ...(expires !== undefined && { expiresMs: expires }),
    ...(key !== undefined && { key }),
  };
}

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
  parent: z.uuid().optional(),
  from: moment.optional(),
  to: moment.optional(),
};

/** A run as it is answered. */
export function showRun(run: Run) {
  const { acceptedBy } = run;
  return {
    ...run,
    acceptedBy: acceptedBy && pickActor(acceptedBy),
    shownState: shownState(run, new Date()),
  };
}

/** Who it was; whence is told by the audit log alone. */
function pickActor({ actor: { kind, id, name } }: Author) {
  return { kind, id, name };
}

/** What a blocked run waits for, in a sentence; null for one that is not blocked. */
export async function tellHold(sql: Sql, run: Run): Promise<string | null> {
  if (run.state !== 'blocked') return null;
  const hold = await findHold(sql, run.id);
  return hold ? describeHold(hold) : null;
}
