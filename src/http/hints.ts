import { coversJob, type JobScope } from '../core/job-scope.ts';

/** What a problem, or one of a batch's, says. */
interface Said {
  readonly code: string;
  readonly detail: string;
}

/** The problem without suggestions that name what is beyond the jobs of whoever asked. */
export function keepHints<
  Problem extends Said & { readonly refused?: readonly Said[] | undefined },
>(problem: Problem, scope: JobScope): Problem {
  if (scope === undefined) return problem;
  const { refused } = problem;
  return {
    ...problem,
    detail: keepHint(problem, scope),
    ...(refused && { refused: refused.map((one) => keepHints(one, scope)) }),
  };
}

/** Failures that may suggest a name. */
const hinting = ['job.unknown', 'batch.refused', 'schedule.missing'];

/** Which job a schedule is of stands nowhere in its name. */
function keepHint({ code, detail }: Said, scope: JobScope): string {
  if (!hinting.includes(code)) return detail;
  return detail.replaceAll(/; did you mean "([^"]*)"\?/g, (hint, name: string) =>
    code !== 'schedule.missing' && coversJob(scope, name) ? hint : '.',
  );
}
