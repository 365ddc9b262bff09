import { isFinal } from '../../../src/core/run.ts';
import { type Evidence, entriesOf } from '../evidence.ts';
import { childrenOfGathering, gatheringStep, napMs, napStep } from '../jobs.ts';
import { type Violation, violation } from './violation.ts';

/** The fan-in of a run is recorded when all its children have ended, and it has each of them once. */
export function checkChildren({ entries, runs, steps }: Evidence): Violation[] {
  const childrenOf = Map.groupBy(runs, ({ parent }) => parent);
  const endOf = new Map<string, number>();
  const goesOn = new Map<string, number>();
  entries.forEach((entry, at) => {
    if (entry.kind === 'move' && isFinal(entry.to) && !endOf.has(entry.run))
      endOf.set(entry.run, at);
    if (entry.kind === 'step' && entry.step === gatheringStep) goesOn.set(entry.run, at);
  });
  return steps
    .filter(({ step }) => step === gatheringStep)
    .flatMap(({ run }) => {
      const children = childrenOf.get(run) ?? [];
      const said: string[] = [];
      if (children.length !== childrenOfGathering.length)
        said.push(`has ${children.length} of ${childrenOfGathering.length} children`);
      const open = children.filter(({ id }) => (endOf.get(id) ?? Infinity) > goesOn.get(run)!);
      if (open.length > 0) said.push(`went on before its child ${open[0]!.id} had ended`);
      return said.map((says) => violation('children', run, says));
    });
}

/** Between the clock of a queue and that of the ledger. */
const slackMs = 100;

/** A sleep is over when its time is, counted from when the run first began. */
export function checkSlept({ entries }: Evidence): Violation[] {
  const begun = new Map<string, number>();
  for (const { run, to, at } of entriesOf(entries, 'move'))
    if (to === 'active' && !begun.has(run)) begun.set(run, at!);
  return entriesOf(entries, 'step')
    .filter(({ step }) => step === napStep)
    .flatMap(({ run, at }) => {
      const sleptMs = Math.round(at! - (begun.get(run) ?? Infinity));
      if (sleptMs >= napMs - slackMs) return [];
      return [violation('not early', run, `slept for ${sleptMs} ms instead of ${napMs}`)];
    });
}
