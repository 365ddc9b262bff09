import { isFinal, type RunState } from './run.ts';

/**
 * When `ctx.all` goes on: `all` once every child succeeded, or as soon as one ended otherwise; `any` once one
 * succeeded, or all ended otherwise; `settled` once all have ended.
 */
export const fanInPolicies = ['all', 'any', 'settled'] as const;

export type FanInPolicy = (typeof fanInPolicies)[number];

/** Whether the children's states let their parent go on; `at` is the child that decides it. */
export type FanIn =
  | { readonly is: 'pending' }
  | { readonly is: 'complete' }
  | { readonly is: 'first'; readonly at: number }
  | { readonly is: 'failed'; readonly at: number };

/** The one decision on the children of a fan-out, in their order. `any` of no children fails at -1. */
export function decideFanIn(policy: FanInPolicy, states: readonly RunState[]): FanIn {
  const first = states.indexOf('succeeded');
  const failed = states.findIndex((state) => isFinal(state) && state !== 'succeeded');
  if (policy === 'any' && first >= 0) return { is: 'first', at: first };
  if (policy === 'all' && failed >= 0) return { is: 'failed', at: failed };
  if (!states.every(isFinal)) return { is: 'pending' };
  return policy === 'any' ? { is: 'failed', at: states.length - 1 } : { is: 'complete' };
}
