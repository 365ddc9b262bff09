import type { Duty } from '../core/duty.ts';
import {
  failStranded,
  listUnknownJobs,
  listUnknownPosted,
  type Stranded,
} from '../ledger/index.ts';
import type { Queues } from '../queue/index.ts';
import { type AdmissionServices, announceRefusal } from './admission.ts';
import { unknownJob } from './catalogue.ts';
import { withdrawAll } from './withdraw.ts';

export interface UnknownJobsOptions extends AdmissionServices {
  readonly queues: Queues;
  /** A run that was accepted by SQL ends when no worker heard of within so long knows its job. */
  readonly detectionMs: number;
  /** Any other run ends when no worker heard of within so long knew its job. */
  readonly unknownJobMs: number;
}

/**
 * The duty that ends the runs of jobs which neither this process knows nor a worker: a name that SQL got
 * wrong, or a job that was removed while runs of it waited. They end as failed and can be retried once the
 * job is there. The grace keeps a rolling deploy, where old and new processes know different jobs, from it.
 */
export function unknownJobsDuty(
  options: UnknownJobsOptions,
): Duty & { run(): Promise<{ failed: number }> } {
  const { database, catalogue, detectionMs, unknownJobMs } = options;
  const known = catalogue.jobs.map(({ name }) => name);
  return {
    name: 'unknown-jobs',
    periodSeconds: 15,
    async run() {
      let failed = 0;
      for (const job of await listUnknownPosted(database, { known, graceMs: detectionMs }))
        failed += await failAll(options, { job, known, unchecked: true, graceMs: detectionMs });
      for (const job of await listUnknownJobs(database, { known, graceMs: unknownJobMs }))
        failed += await failAll(options, { job, known, unchecked: false, graceMs: unknownJobMs });
      return { failed };
    },
  };
}

const page = 1000;

async function failAll(
  { database, queues, catalogue, announcements }: UnknownJobsOptions,
  stranded: Omit<Stranded, 'error'>,
): Promise<number> {
  const { job } = stranded;
  const { name, message, code } = unknownJob(job, catalogue.jobs);
  const error = { name, message, code };
  let failed = 0;
  for (;;) {
    const runs = await failStranded(database, { ...stranded, error }, page);
    for (const { id } of runs) announceRefusal(announcements, { id, job }, error);
    if (!stranded.unchecked)
      await withdrawAll(
        queues,
        runs.map(({ delivery }) => ({ job, delivery })),
      );
    failed += runs.length;
    if (runs.length < page) return failed;
  }
}
