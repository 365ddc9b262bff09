import type { ClaimedRun, Early } from '../../src/ledger/index.ts';

/** The run of a claim that won; undefined for a refusal, and for one that came early. */
export function won(answer: ClaimedRun | Early | undefined): ClaimedRun | undefined {
  return answer && 'attempt' in answer ? answer : undefined;
}
