import { readFileSync } from 'node:fs';
import { type CountsModel, type FeatureCounts, openCounts } from './counts.ts';

/** Counts to begin with, before a person corrected anything; see train.ts for where they are from. */
export function openStartCounts(): FeatureCounts {
  const json = readFileSync(new URL('../start.model.json', import.meta.url), 'utf8');
  return openCounts(JSON.parse(json) as CountsModel);
}
