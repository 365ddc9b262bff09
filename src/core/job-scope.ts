/** A set of jobs by name or `prefix*`; undefined: all of them. */
export type JobScope = readonly string[] | undefined;

/** How one of the jobs of a scope is written. */
export const scopePattern = /^(?:[a-z\d-]+\*?|\*)$/;

/** True when the job is in the scope. */
export function coversJob(scope: JobScope, job: string): boolean {
  return scope === undefined || scope.some((entry) => covers(entry, job));
}

/** True when every job of `inner` is in `outer`, whatever jobs there are. */
export function coversScope(outer: JobScope, inner: JobScope): boolean {
  if (outer === undefined) return true;
  return inner?.every((wanted) => outer.some((entry) => covers(entry, wanted))) ?? false;
}

/** The same scope for SQL's `like any`, null for all; no job has a wildcard of `like` in its name. */
export function patternsOf(scope: JobScope): readonly string[] | null {
  return scope?.map((entry) => entry.replace(/\*$/, '%')) ?? null;
}

/** A wildcard covers names, and wildcards that are no wider. */
function covers(entry: string, wanted: string): boolean {
  return entry.endsWith('*') ? wanted.startsWith(entry.slice(0, -1)) : entry === wanted;
}
