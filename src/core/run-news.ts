import type { Outcome } from './outcome.ts';

/** What happens to runs in a process, as it is announced there. */
export type RunNews =
  | {
      readonly kind: 'begun';
      readonly run: string;
      readonly job: string;
      readonly attempt: number;
      /** Milliseconds that it could have begun already; null where it was taken over. */
      readonly waitedMs: number | null;
    }
  | {
      readonly kind: 'ended';
      readonly run: string;
      readonly job: string;
      readonly attempt: number;
      readonly tookMs: number;
      /** `fenced`: the outcome was refused, because another attempt or a cancel came first. */
      readonly outcome: Outcome | { readonly state: 'fenced' };
    }
  /** A step's result is kept. */
  | {
      readonly kind: 'stepped';
      readonly run: string;
      readonly attempt: number;
      readonly step: string;
      readonly tookMs: number;
    };
