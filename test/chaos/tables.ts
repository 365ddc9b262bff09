import { atLeast, atMost, type Goal, type ReportRow } from '../support/report.ts';
import { detectionMs } from './checker.ts';
import { type Invariant, invariants } from './checks/violation.ts';
import { toldOf } from './evidence.ts';
import type { Felt } from './felt.ts';
import type { Played } from './scenario.ts';

/** What is left of a scenario once its evidence is forgotten: many seeds would not fit into memory. */
export type Judged = Omit<Played, 'evidence' | 'errors'>;

/** One row on the load of a scenario, and one for each kind of fault that it planned. */
export function describePlayed(played: Played): ReportRow[] {
  const { footprint, seed, struck, violations, evidence } = played;
  const { told, runs } = evidence;
  const refused = toldOf(told, 'refused');
  const load = {
    footprint,
    seed,
    fault: 'in all',
    times: struck.length,
    'attempts hit': sum(struck.map(({ hit }) => hit)),
    'slowest again s': '',
    'slowest duty s': '',
    seconds: played.seconds.toFixed(0),
    runs: runs.length,
    'attempts lost': sum(runs.map(({ losses }) => losses)),
    'outcomes refused': toldOf(told, 'ended').filter(({ state }) => state === 'fenced').length,
    'offers refused': refused.length,
    'slowest refusal s': (Math.max(0, ...refused.map(({ tookMs }) => tookMs)) / 1000).toFixed(1),
    violations: violations.length,
  };
  const perKind = [...Map.groupBy(struck, ({ kind }) => kind)].sort(([one], [other]) =>
    one.localeCompare(other),
  );
  return [
    load,
    ...perKind.map(([fault, own]) => ({ footprint, seed, ...describeFault(fault, own) })),
  ];
}

function describeFault(fault: string, own: readonly Felt[]): ReportRow {
  const agains = own.flatMap(({ againSeconds }) => againSeconds);
  return {
    fault,
    times: own.length,
    'attempts hit': sum(own.map(({ hit }) => hit)),
    'slowest again s': agains.length > 0 ? Math.max(...agains).toFixed(1) : '',
    'slowest duty s': slowest(own.map(({ dutySeconds = 0 }) => dutySeconds)).toFixed(1),
  };
}

/** What all scenarios together must reach. */
export function judge(
  played: readonly Judged[],
  least: { readonly runs: number; readonly faults: number },
): Goal[] {
  const all = played.flatMap(({ struck }) => struck);
  return [
    ...(Object.keys(invariants) as Invariant[]).map((invariant) =>
      atMost(nameGoal(invariant), countViolations(played, invariant), 0),
    ),
    atMost(
      'processes that broke down by themselves, or never saw the end',
      sum(played.map(({ breakdowns }) => breakdowns.length)),
      0,
    ),
    atMost('kinds of faults that hit no attempt', played.flatMap(listMisses).length, 0),
    atLeast('runs', Math.min(...played.map(({ runs }) => runs)), least.runs),
    atLeast('faults', Math.min(...played.map(({ struck }) => struck.length)), least.faults),
    atMost(
      `seconds until the slowest run of a killed worker goes again (silence counts as death after ${detectionMs / 1000} s)`,
      slowest(all.filter(isWorkerKilled).flatMap((one) => one.againSeconds)),
      againGoalSeconds,
    ),
    atMost(
      'seconds until a duty goes on after a control process was killed or frozen',
      slowest(played.flatMap(listTakeovers)),
      dutyGoalSeconds,
    ),
  ];
}

const againGoalSeconds = 30;
const dutyGoalSeconds = 15;

/** The faults after which runs or duties went on later than they should. */
export function findLate({ footprint, struck }: Judged): Felt[] {
  return struck.filter(
    (one) =>
      (isWorkerKilled(one) && slowest(one.againSeconds) > againGoalSeconds) ||
      slowest(listTakeovers({ footprint, struck: [one] })) > dutyGoalSeconds,
  );
}

function isWorkerKilled({ kind }: Felt): boolean {
  return kind === 'worker killed';
}

/** Where one process does everything, its death is that of the control plane, too. */
function listTakeovers({ footprint, struck }: Pick<Judged, 'footprint' | 'struck'>): number[] {
  return struck
    .filter(({ on, kind }) => on === 'control' || (footprint === 'embedded' && /killed/.test(kind)))
    .map(({ dutySeconds = 0 }) => dutySeconds);
}

export function nameGoal(invariant: Invariant): string {
  return `violations of "${invariants[invariant]}"`;
}

/** The kinds of faults that never met an attempt, each with where. */
export function listMisses({ footprint, seed, struck, kinds }: Judged): string[] {
  if (struck.length < kinds.length) return [];
  return kinds
    .filter(({ name }) => !struck.some(({ kind, hit }) => kind === name && hit > 0))
    .map(({ name }) => `${footprint}, --seed ${seed}: "${name}" hit no attempt`);
}

function countViolations(played: readonly Judged[], invariant: Invariant): number {
  return played.flatMap(({ violations }) => violations).filter((one) => one.invariant === invariant)
    .length;
}

function slowest(seconds: readonly number[]): number {
  return Math.max(0, ...seconds);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
