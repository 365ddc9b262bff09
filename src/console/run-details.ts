import type { Actor } from '../core/actor.ts';
import type { Run } from '../core/run.ts';
import type { Branch, ForeignOrigin, OpenWait, PastAttempt, Step } from '../ledger/index.ts';

/** A run with everything that is known of it. */
export interface RunDetails extends Omit<Run, 'acceptedBy'>, Pick<Branch, 'children' | 'counts'> {
  readonly acceptedBy: Pick<Actor, 'kind' | 'name'> | null;
  readonly waitsFor: string | null;
  readonly heldBack: string | null;
  readonly adoptedFrom: ForeignOrigin | null;
  readonly pastAttempts: readonly PastAttempt[];
  readonly steps: readonly Step[];
  readonly replays: readonly string[];
  readonly waits: readonly OpenWait[];
}
