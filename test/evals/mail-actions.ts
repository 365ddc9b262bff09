import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actionCut, scoreRequest } from '../../jobs/mail-triage/actions/action-cues.ts';
import { atLeast, notMeasured, round } from '../support/report.ts';
import type { PartReport } from './part.ts';

/** Sentences that ask for action, by the shipped cues, which are written by hand and learn from nothing. */
export function measureActions(folder: string | undefined): PartReport {
  if (folder === undefined)
    return {
      rows: [],
      goals: [notMeasured('actions: F1', '≥ 0.72', 'the set "intents" is not in --data')],
    };
  const sentences = readFileSync(join(folder, 'sentences.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { text: string; action: boolean });
  const found = sentences.filter(({ text }) => scoreRequest(text) >= actionCut);
  const right = found.filter(({ action }) => action).length;
  const asked = sentences.filter(({ action }) => action).length;
  return {
    rows: [
      {
        name: 'actions: precision',
        value: round(right / found.length),
        note: `${sentences.length} sentences, nothing learned`,
      },
      { name: 'actions: recall', value: round(right / asked) },
    ],
    goals: [atLeast('actions: F1', (2 * right) / (found.length + asked), 0.72)],
  };
}
