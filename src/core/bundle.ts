/** How many runs of a job one delivery may carry. */
export interface Bundle {
  readonly max: number;
}

/** Runs that one delivery may carry at the most, whatever a job asks for. */
export const largestBundle = 1000;

/** What decides whether runs may share a delivery. */
export interface Bundleable {
  readonly job: string;
  readonly priority: number;
  readonly delivery: string;
  /** A run with a time of its own goes alone. */
  readonly delayMs?: number;
  /** Runs that may share its delivery, itself among them; absent or 1: it goes alone. */
  readonly bundle?: number;
}

/**
 * The runs, in order, as they share deliveries: those of one job and priority that are due now go together, as
 * many as the job allows, under the delivery that the first of them had.
 */
export function shareDeliveries<Run extends Bundleable>(runs: readonly Run[]): Run[] {
  const open = new Map<string, { readonly delivery: string; left: number }>();
  return runs.map((run) => {
    const { bundle = 1 } = run;
    if (bundle <= 1 || (run.delayMs ?? 0) > 0) return run;
    const kind = `${run.job} ${run.priority}`;
    const shared = open.get(kind);
    if (!shared || shared.left === 0) {
      open.set(kind, { delivery: run.delivery, left: bundle - 1 });
      return run;
    }
    shared.left--;
    return { ...run, delivery: shared.delivery };
  });
}

/** Runs by the delivery that carries them, in order. */
export function groupByDelivery<Run extends Pick<Bundleable, 'delivery'>>(
  runs: readonly Run[],
): (readonly Run[])[] {
  return [...Map.groupBy(runs, ({ delivery }) => delivery).values()];
}
