import { z } from 'zod';
import { deliveryOutcomes } from '../../hooks/index.ts';
import { optionalTime } from '../answering.ts';

const text = z.string().nullable();

/** What became of a delivery. */
export const receivedAnswer = z.strictObject({
  delivery: z.string(),
  outcome: z.enum(['accepted', 'nothing', 'duplicate']),
  run: z.string().optional(),
  existing: z.boolean().optional(),
  reason: z.string().optional(),
});

/** A hook, and what it lacks to be of use. */
export const hookAnswer = z.strictObject({
  name: z.string(),
  summary: z.string(),
  path: z.string(),
  scheme: z.string(),
  secrets: z.strictObject({ variable: z.string(), count: z.int() }),
  events: z.array(z.strictObject({ event: z.string(), job: z.string() })),
  active: z.boolean(),
  lacks: z.array(z.string()),
  lastAt: optionalTime,
  lastDay: z.record(z.string(), z.int()).describe('How many deliveries had which outcome.'),
});

/** A delivery of the log, without its body. */
export const deliveryAnswer = z.strictObject({
  id: z.string(),
  hook: z.string(),
  event: text,
  delivery: text.describe('What its sender calls it.'),
  receivedAt: z.date(),
  source: text,
  headers: z.record(z.string(), z.string()),
  bodyHash: z.string(),
  bodySize: z.int(),
  bodyKept: z.boolean().describe('It can be looked at, and delivered again.'),
  outcome: z.enum(deliveryOutcomes),
  reason: text,
  code: text,
  job: text,
  run: text,
  redeliveryOf: text,
});

/** The same with its body; null where it was not kept. */
export const wholeDelivery = deliveryAnswer.extend({ body: text });
