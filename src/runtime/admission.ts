import { durationMs } from '../core/duration.ts';
import { describeError } from '../core/outcome.ts';
import type { RunError } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import {
  type Checked,
  type Dispatchable,
  type Leased,
  listPostings,
  type Posting,
  recordChecks,
} from '../ledger/index.ts';
import type { Announcements } from './announcements.ts';
import { type Catalogue, checkPayload } from './catalogue.ts';
import { placeRun } from './run-key.ts';

export interface AdmissionServices {
  readonly database: Sql;
  readonly catalogue: Catalogue;
  readonly announcements: Announcements;
}

/** Payloads in memory at a time: each may be as large as the limit. */
const page = 50;

/** What is to become of rows of the outbox. */
export interface Admitted {
  /** May be dispatched, in order. */
  readonly runs: readonly Dispatchable[];
  /** The ids of those to look at again later: they have moved on, or somebody's transaction has them just now. */
  readonly left: readonly string[];
}

/**
 * Those that were accepted by SQL are checked now, as `enqueue` checks its own: one with a bad payload ends as
 * failed.
 */
export async function admitRuns(
  services: AdmissionServices,
  rows: readonly Leased[],
): Promise<Admitted> {
  const unchecked = rows.filter((row) => row.unchecked).map(({ run }) => run!);
  const rejected = new Set<string>();
  const left: string[] = [];
  for (let from = 0; from < unchecked.length; from += page) {
    const checked = await checkPage(services, unchecked.slice(from, from + page));
    for (const id of [...checked.refused, ...checked.left]) rejected.add(id);
    left.push(...checked.left);
  }
  return { runs: rows.flatMap(({ run }) => (run && !rejected.has(run.id) ? [run] : [])), left };
}

async function checkPage(
  { database, catalogue, announcements }: AdmissionServices,
  runs: readonly Dispatchable[],
): Promise<{ readonly refused: string[]; readonly left: string[] }> {
  const postings = await listPostings(
    database,
    runs.map(({ id }) => id),
  );
  const checks = runs.map((run) => checkRun(catalogue, run, postings.get(run.id)));
  const written = await recordChecks(database, checks);
  const refused = checks.flatMap(({ id, error, gated }, i) => {
    if (!written.has(id)) return [];
    if (error) announceRefusal(announcements, runs[i]!, error);
    return error || gated ? [id] : [];
  });
  return { refused, left: runs.flatMap(({ id }) => (written.has(id) ? [] : [id])) };
}

function checkRun(catalogue: Catalogue, run: Dispatchable, posting?: Posting): Checked {
  const { id, delivery } = run;
  try {
    const job = catalogue.find(run.job);
    const payload = checkPayload(job, posting?.payload, catalogue.payloadLimit);
    const { key, gate } = placeRun(
      job,
      { payload, version: job.version },
      posting?.key ?? undefined,
    );
    return {
      id,
      delivery,
      payload,
      gated: gate !== undefined,
      ...(key !== undefined && { key }),
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
