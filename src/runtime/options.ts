import { z } from 'zod';
import { bytes, milliseconds, seconds, wholeNumber } from '../core/option.ts';

/** How a process runs jobs, and when it counts as dead. */
export const runtimeOptions = z.strictObject({
  concurrency: wholeNumber(1, 1000)
    .prefault('10')
    .describe('Runs of one job that a process works on at a time.'),
  heartbeatSeconds: seconds('1s', '59s')
    .prefault('5s')
    .describe('How often a worker says that it lives. At most a third of NIGHTSHIFT_DETECTION.'),
  detectionMs: milliseconds('1s', '1h')
    .prefault('15s')
    .describe(
      'A worker not heard of for longer is dead, and its runs go to others. A handler that blocks its event loop for as long counts as dead.',
    ),
  keepRunsMs: milliseconds('1d', '3650d')
    .prefault('90d')
    .describe(
      'How long finished runs are kept, by when they were accepted. They go by whole weeks, with their logs, steps and attempts; unfinished ones always stay.',
    ),
  graceMs: milliseconds('0s', '1h')
    .prefault('30s')
    .describe(
      'How long a process that is told to stop lets its runs finish before it gives them back.',
    ),
  payloadLimit: bytes('1kb', '64mb')
    .prefault('1mb')
    .describe(
      'The JSON of a payload may not be larger. For `nightshift.enqueue` the process that started last says it.',
    ),
  unknownJobMs: milliseconds('1m', '30d')
    .prefault('1h')
    .describe(
      'A run that is due ends as failed when no process has known its job for so long, as after a job was removed.',
    ),
  eventKeepMs: milliseconds('0s', '365d')
    .prefault('1h')
    .describe(
      'How long an event is kept that no run waited for, for one that comes to wait for it later; 0s keeps none. The process that started last says it.',
    ),
  resultInlineBytes: bytes('64b', '16mb')
    .prefault('256kb')
    .describe(
      'The largest result of a run or a step, in JSON, that the database keeps. A larger one goes to the archive.',
    ),
  resultMostBytes: bytes('1kb', '500mb')
    .prefault('100mb')
    .describe('The largest result of a run or a step, in JSON, that is kept at all.'),
});

export type RuntimeOptions = z.output<typeof runtimeOptions>;
