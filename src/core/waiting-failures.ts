/** What can be wrong with children, waits and events, as the one table of failures has it. */
export const waitingFailures = {
  'child.failed': [
    'missing',
    'Run {id} of {job}, a child, has {state}: {reason} Try it again, then its parent: nightshift runs retry {id}',
  ],
  'child.none_succeeded': [
    'missing',
    'None of the {count} children of "{name}" succeeded; list them with: nightshift runs list --parent {parent}',
  ],
  'child.gone': [
    'missing',
    '{missing} of the {count} children of "{name}" are no longer kept (NIGHTSHIFT_KEEP_RUNS); their parent waited for longer.',
  ],
  'child.cycle': [
    'bug',
    'A run of {job} cannot be enqueued: run {id} above it is of the same job and has the same payload, so that it would go on for ever. Let the payload get smaller with each level, or end the chain.',
  ],
  'child.deep': [
    'bug',
    'A run of {job} cannot be enqueued: it would be the child of {most} runs one below the other, and no more are allowed. Enqueue the work of one level at once, with ctx.all.',
  ],
  'wait.timeout': ['missing', 'What "{name}" waits for did not come within {timeout}.'],
  'wait.endless': [
    'bug',
    'The run of {job} waits for {what}, and nothing of it comes by itself in a test; hand it in by the option `events`, or give the wait a timeout.',
  ],
  'event.invalid': ['invalid', 'The event cannot be sent: {faults}.'],
} as const;
