import { durationMs } from '../core/duration.ts';
import { describeError } from '../core/outcome.ts';
import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import {
  type Checked,
  type Dispatchable,
  type Leased,
  listPayloads,
  recordChecks,
} from '../ledger/index.ts';
import type { Announcements } from './announcements.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';

export interface AdmissionServices {
  readonly database: Sql;
  readonly catalogue: Catalogue;
  readonly announcements: Announcements;
}

/** Payloads in memory at a time: each may be as large as the limit. */
const page = 50;

/**
 * The runs of these rows that may be dispatched, in order. Those that were accepted by SQL are checked now,
 * as `enqueue` checks its own: one with a bad payload ends as failed.
 */
export async function admitRuns(
  services: AdmissionServices,
  rows: readonly Leased[],
): Promise<Dispatchable[]> {
  const unchecked = rows.filter((row) => row.unchecked).map(({ run }) => run!);
  const rejected = new Set<string>();
  for (let from = 0; from < unchecked.length; from += page)
    for (const id of await checkPage(services, unchecked.slice(from, from + page)))
      rejected.add(id);
  return rows.flatMap(({ run }) => (run && !rejected.has(run.id) ? [run] : []));
}

/** Answers those that are not to be dispatched: refused, or no longer waiting. */
async function checkPage(
  { database, catalogue, announcements }: AdmissionServices,
  runs: readonly Dispatchable[],
): Promise<string[]> {
  const payloads = await listPayloads(
    database,
    runs.map(({ id }) => id),
  );
  const checks = runs.map((run) => checkRun(catalogue, run, payloads.get(run.id)));
  const written = await recordChecks(database, checks);
  return runs.flatMap((run, i) => {
    const { error } = checks[i]!;
    if (error && written.has(run.id)) announceRefusal(announcements, run, error);
    return error || !written.has(run.id) ? [run.id] : [];
  });
}

function checkRun(catalogue: Catalogue, run: Dispatchable, payload: unknown): Checked {
  const { id, delivery } = run;
  try {
    const job = catalogue.find(run.job);
    return {
      id,
      delivery,
      payload: checkPayload(job, payload, catalogue.payloadLimit),
      version: job.version,
      ...(job.expires !== undefined && { expiresMs: durationMs(job.expires) }),
    };
  } catch (thrown) {
    return { id, delivery, error: describeError(thrown) };
  }
}

/** Tells of a run that failed before any attempt of it. */
export function announceRefusal(
  announcements: Announcements,
  { id, job }: { readonly id: string; readonly job: string },
  error: RunError,
): void {
  announcements.announce({
    kind: 'ended',
    run: id,
    job,
    attempt: 0,
    tookMs: 0,
    outcome: { state: 'failed', error, failures: 0 },
  });
}
