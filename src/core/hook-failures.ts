/** What can be wrong with webhooks and their deliveries, as the one table of failures has it. */
export const hookFailures = {
  'hook.invalid': ['bug', 'The hook {hook} is not well defined: {faults}.'],
  'hook.missing': [
    'missing',
    'There is no hook "{hook}"{suggestion} List them with: nightshift hooks list',
  ],
  'hook.no_secret': [
    'unavailable',
    'The hook {hook} has no secret, so that no delivery can be believed. Set {variable} to what its sender signs with.',
  ],
  'hook.unsigned': [
    'denied',
    'The delivery to {hook} has no {header}, which carries {what}. Give its sender the secret of {variable}.',
  ],
  'hook.signature': [
    'denied',
    'The signature in {header} of the delivery to {hook} is wrong. Both sides need the same secret ({variable} here), and nothing on the way may change the body.',
  ],
  'hook.stale': [
    'denied',
    'The delivery to {hook} was signed {seconds} s {direction}, and at most {most} s are allowed. Send it anew, and set the clock of whoever is wrong.',
  ],
  'hook.replayed': [
    'conflict',
    'The delivery to {hook} repeats what delivery {first} was accepted for, with another {difference}. Nothing was done; to do it again: nightshift hooks redeliver',
  ],
  'hook.malformed': ['invalid', 'The body of the delivery to {hook} cannot be read: {reason}.'],
  'hook.body': [
    'invalid',
    'The body of the delivery to {hook} ({event}) is not what its mapping takes: {faults}.',
  ],
  'hook.mapping': [
    'bug',
    'The mapping of {event} of the hook {hook} failed: {reason}. Mend it in config/hooks.ts, then: nightshift hooks redeliver',
  ],
  'hook.job_missing': [
    'conflict',
    'The hook {hook} triggers the job {job} for {event}, and there is no such job here yet. Add it, then: nightshift hooks redeliver',
  ],
  'hook.busy': [
    'unavailable',
    'So many deliveries come at once that there is no memory for this one to {hook}. Send it again later.',
  ],
  'hook.too_large': [
    'invalid',
    'The body of the delivery to {hook} has {size}, and {limit} are allowed (NIGHTSHIFT_HOOK_LIMIT).',
  ],
  'hook.delivery_missing': [
    'missing',
    'The hook {hook} has no delivery {id}. List them with: nightshift hooks deliveries',
  ],
  'hook.not_kept': ['conflict', 'The delivery {id} cannot be delivered again: {reason}.'],
} as const;
