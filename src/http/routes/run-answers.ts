import { z } from 'zod';
import { runStates } from '../../core/run.ts';
import { optionalTime } from '../answering.ts';

const artifact = z
  .strictObject({ key: z.string(), bytes: z.number(), sha256: z.string() })
  .nullable();
const error = z.looseObject({ name: z.string(), message: z.string() }).nullable();
const state = z.enum(runStates);
const count = z.number().int();
const text = z.string().nullable();

const runFields = {
  id: z.string(),
  job: z.string(),
  version: count,
  state,
  shownState: z.enum([...runStates, 'scheduled', 'sleeping', 'retrying']),
  payload: z.unknown(),
  result: z.unknown(),
  artifact: artifact.describe('Where the result is, when it is large: GET /runs/{id}/result.'),
  error,
  progress: z.looseObject({ done: z.number(), total: z.number() }).nullable(),
  attempt: count,
  failures: count,
  losses: count,
  priority: count,
  key: text,
  schedule: text,
  due: optionalTime,
  replayOf: text,
  parent: text,
  parentStep: text,
  uniqueness: z.looseObject({ rule: z.string(), key: z.string() }).nullable(),
  acceptedBy: z
    .strictObject({ kind: z.string(), id: z.string(), name: z.string() })
    .nullable()
    .describe('Who enqueued it, or gave it its payload, where somebody did by the API or by SQL.'),
  delivery: z.string(),
  worker: text,
  createdAt: z.date(),
  runAt: z.date(),
  expiresAt: optionalTime,
  startedAt: optionalTime,
  finishedAt: optionalTime,
};

const example = {
  id: '019aa6e2-7a00-7000-8000-000000000001',
  job: 'mail-triage',
  version: 1,
  state: 'succeeded',
  shownState: 'succeeded',
  payload: { mailbox: 'sample' },
  result: { read: 200 },
  artifact: null,
  error: null,
  progress: { done: 200, total: 200 },
  attempt: 1,
  failures: 0,
  losses: 0,
  priority: 0,
  key: null,
  schedule: null,
  due: null,
  replayOf: null,
  parent: null,
  parentStep: null,
  uniqueness: null,
  delivery: '4bb3c1f5-2f0e-4b7c-9d57-1d1a7c6e6a01',
  worker: '9d8c5a0e-3d55-4c0e-8a9b-52b7a1f0c001',
  createdAt: '2026-11-21T03:00:00.000Z',
  runAt: '2026-11-21T03:00:00.000Z',
  expiresAt: null,
  startedAt: '2026-11-21T03:00:00.100Z',
  finishedAt: '2026-11-21T03:00:02.400Z',
};

/** A run. */
export const runAnswer = z.strictObject(runFields).meta({ id: 'Run', examples: [example] });

/** What an accepted run is answered with. */
export const acceptedAnswer = z
  .strictObject({
    id: z.string(),
    existing: z.literal(true).optional().describe('It was there already, and has the key.'),
  })
  .meta({ examples: [{ id: example.id }] });

const attempt = z.strictObject({
  attempt: count,
  ending: z.string(),
  error,
  worker: text,
  startedAt: optionalTime,
  endedAt: z.date(),
});

const step = z.strictObject({
  name: z.string(),
  attempt: count,
  result: z.unknown(),
  artifact,
  tookMs: z.number(),
  recordedAt: z.date(),
});

const counts = z.record(z.string(), count);
const childFields = { id: z.string(), job: z.string(), state, counts };

/** Four levels, as the ledger tells them. */
function treeOf(levels: number): z.ZodType {
  const children = levels === 1 ? z.array(z.unknown()) : z.array(treeOf(levels - 1));
  return z.strictObject({ ...childFields, children });
}

/** A run with everything that is known of it. */
export const runDetails = z.strictObject({
  ...runFields,
  waitsFor: text.describe('Why nobody takes a queued run that could begin.'),
  heldBack: text.describe('What a blocked run waits for.'),
  adoptedFrom: z.strictObject({ jobId: z.string(), jobName: z.string() }).nullable(),
  pastAttempts: z.array(attempt),
  steps: z.array(step),
  replays: z.array(z.string()),
  waits: z.array(z.looseObject({ name: z.string(), kind: z.string() })),
  children: z.array(treeOf(4)),
  counts,
});

/** A line of a run's log. */
export const logLine = z.strictObject({
  run: z.string(),
  sequence: z.number(),
  attempt: count,
  at: z.date(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  data: z.looseObject({}).nullish(),
});

/** Failed runs of one job and one cause. */
export const failureGroup = z.strictObject({
  job: z.string(),
  fingerprint: z.string(),
  count,
  firstSeen: z.date(),
  lastSeen: z.date(),
  error,
  latest: z.array(z.string()),
});
