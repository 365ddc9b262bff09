import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { invariants, type Violation } from './checks/violation.ts';
import type { Felt } from './felt.ts';
import type { Played } from './scenario.ts';
import { findLate } from './tables.ts';
import { drawTimeline } from './timeline.ts';

/** Timelines that are printed; the folder has those of all runs that something is wrong with, up to a hundred. */
const shown = 3;
const kept = 100;

/** Says what was violated, with the timeline of a run for each promise, and keeps all of the evidence in a folder. */
export function explain(played: Played): string {
  const { footprint, seed, violations, breakdowns } = played;
  const late = findLate(played);
  if (violations.length + breakdowns.length + late.length === 0) return '';
  const firsts = [...Map.groupBy(violations, ({ invariant }) => invariant).values()];
  return [
    ...breakdowns,
    ...firsts.map((same) => describe(same)),
    ...late.map((one) => describeLate(played, one)),
    ...firsts.slice(0, shown).map(([one]) => `${one!.says}:\n${timelineOf(played, one!.run)}`),
    `${footprint}: to play it again: npm run chaos -- --footprint ${footprint} --seed ${seed}`,
    `${footprint}: the evidence is in ${keep(played)}`,
  ].join('\n\n');
}

function describeLate(
  played: Played,
  { kind, at, againSeconds, dutySeconds = 0, slowestRun }: Felt,
): string {
  const again = Math.max(0, ...againSeconds).toFixed(1);
  const times = `a run went on after ${again} s, a duty after ${dutySeconds.toFixed(1)} s`;
  const timeline = slowestRun === undefined ? '' : `:\n${timelineOf(played, slowestRun)}`;
  return `${kind} at ${new Date(at).toISOString()}: ${times}${timeline}`;
}

function describe(same: readonly Violation[]): string {
  const { invariant, says } = same[0]!;
  return `${invariants[invariant]}: violated ${same.length} times, first: ${says}`;
}

function timelineOf({ evidence, struck }: Played, run: string): string {
  return drawTimeline(evidence, struck, run);
}

/** Evidence, faults, standard errors and timelines, to be read at leisure. */
function keep(played: Played): string {
  const { footprint, seed, evidence, struck, violations, breakdowns, errors } = played;
  const folder = mkdtempSync(join(tmpdir(), `nightshift-chaos-${footprint}-${seed}-`));
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  write('evidence.json', JSON.stringify(evidence));
  write('faults.json', JSON.stringify(struck, null, 2));
  write('violations.json', JSON.stringify({ violations, breakdowns }, null, 2));
  mkdirSync(join(folder, 'timelines'));
  mkdirSync(join(folder, 'errors'));
  for (const [journal, text] of errors) write(join('errors', basename(journal)), text);
  const runs = [...new Set(violations.map(({ run }) => run))].slice(0, kept);
  runs.forEach((run, i) => write(join('timelines', `${i + 1}.txt`), timelineOf(played, run)));
  return folder;
}
