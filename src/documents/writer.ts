/** Whoever writes documents and decisions. */
export interface Writer {
  readonly runId: string | null;
  /** The job of that run. */
  readonly job: string | null;
}
