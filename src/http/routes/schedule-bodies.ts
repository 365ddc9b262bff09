import { z } from 'zod';
import { optionalTime } from '../answering.ts';
import { pageFields } from '../paging.ts';
import { rules } from './schedule-schemas.ts';

const optionalRules = z.strictObject(rules).partial().shape;

export const creation = z
  .strictObject({
    name: z.string(),
    job: z.string(),
    payload: z.unknown().default({}),
    ...optionalRules,
  })
  .meta({
    examples: [
      { name: 'nightly-digest', job: 'mail-triage', cron: '0 3 * * *', timezone: 'Europe/Berlin' },
    ],
  });

const nullableRules = Object.fromEntries(
  Object.entries(rules).map(([rule, schema]) => [rule, (schema as z.ZodType).nullish()]),
) as { [Rule in keyof typeof rules]: z.ZodOptional<z.ZodNullable<(typeof rules)[Rule]>> };

export const changes = z
  .strictObject({
    job: z.string().optional(),
    payload: z.unknown().optional(),
    ...nullableRules,
  })
  .meta({ examples: [{ cron: '30 3 * * *', jitter: null }] });

export const doing = z
  .strictObject({ reason: z.string().max(500).optional() })
  .nullish()
  .meta({ examples: [{ reason: 'holidays' }] });

export const backfill = z
  .strictObject({
    from: z.string(),
    to: z.string(),
    dryRun: z.boolean().default(false),
  })
  .meta({ examples: [{ from: '2026-11-01', to: '2026-11-08', dryRun: true }] });

export const counted = z.strictObject({
  count: z.coerce.number().int().min(1).max(1000).default(10),
});

export const page = z.strictObject({
  ...pageFields(50),
  before: z.iso.datetime({ offset: true }).optional(),
});

export const upcoming = z.strictObject({
  words: z.string(),
  timezone: z.string(),
  nextDue: optionalTime,
  next: z.array(z.looseObject({ due: z.date() })),
});

export const backfilled = z.strictObject({
  dryRun: z.boolean(),
  moments: z.array(z.looseObject({ due: z.date() })),
});

/** What was given, without what was not. */
export function withoutUndefined<T extends object>(object: T) {
  const said = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
