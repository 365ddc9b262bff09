import type { ReportRow } from '../support/report.ts';
import type { Entry } from './evidence.ts';
import { faultKinds, type Struck } from './faults.ts';
import type { Played } from './scenario.ts';

type Move = Extract<Entry, { kind: 'move' }>;

/** One row on the load of a scenario, and one for each kind of fault. */
export function describePlayed(played: Played): ReportRow[] {
  const { footprint, seed, evidence, struck, violations } = played;
  const { told, runs, entries } = evidence;
  const count = (kind: string) => told.filter((one) => one.kind === kind).length;
  const load = {
    footprint,
    seed,
    fault: 'in all',
    times: struck.length,
    accepted: count('accepted'),
    ended: runs.filter(({ state }) => ['succeeded', 'failed', 'cancelled'].includes(state)).length,
    steps: entries.filter(({ kind }) => kind === 'step').length,
    'attempts lost': runs.reduce((sum, { losses }) => sum + losses, 0),
    'outcomes refused': told.filter((one) => one.kind === 'ended' && one.state === 'fenced').length,
    violations: violations.length,
  };
  return [
    load,
    ...faultKinds.map((fault) => {
      const own = struck.filter(({ kind }) => kind === fault);
      const agains = own.flatMap((one) => againSeconds(played, one));
      return {
        footprint,
        seed,
        fault,
        times: own.length,
        'runs hit': agains.length,
        ...(agains.length > 0 && { 'slowest again s': Math.max(...agains).toFixed(1) }),
      };
    }),
  ];
}

/** Over the runs of killed processes; 0 when none was hit. */
export function slowestAgainSeconds(played: Played): number {
  const killed = played.struck.filter(({ kind }) => kind === 'killed');
  return Math.max(0, ...killed.flatMap((one) => againSeconds(played, one)));
}

/** For each run that the struck worker held: seconds until it moved on, by whomever. */
function againSeconds({ evidence }: Played, { worker, at }: Struck): number[] {
  const moves = evidence.entries.filter((entry): entry is Move => entry.kind === 'move');
  return [...Map.groupBy(moves, ({ run }) => run).values()].flatMap((own) => {
    const last = own.findLastIndex((move) => move.at <= at);
    const held = own[last];
    if (held?.to !== 'active' || held.worker !== worker) return [];
    const next = own.slice(last + 1).find(({ to }) => to !== 'queued');
    return next ? [(next.at - at) / 1000] : [];
  });
}
