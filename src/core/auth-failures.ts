/** What can be wrong with keys and roles, as the one table of failures has it. */
export const authFailures = {
  'search.hidden': [
    'denied',
    'A search looks into payloads and into what jobs write, which takes the permissions payload:reveal and words:reveal. Leave q out, or ask with a key that has them.',
  ],
  'auth.required': [
    'denied',
    'This needs a key: send it as "Authorization: Bearer nsk_…". Make one on the machine of Nightshift with: nightshift key create',
  ],
  'auth.key_unknown': [
    'denied',
    'There is no such key; look whether the whole of it was sent, or make one with: nightshift key create',
  ],
  'auth.key_expired': [
    'denied',
    'The key {prefix} expired on {at}; rotate keys before they do, or make another with: nightshift key create',
  ],
  'auth.key_revoked': [
    'denied',
    'The key {prefix} was revoked; make another with: nightshift key create',
  ],
  'auth.session_over': [
    'denied',
    'The session is over: it was ended, or 12 hours have passed. Sign in again at /login.',
  ],
  'auth.denied': [
    'denied',
    '{route} needs the permission {permission}, which the role {role} of {who} does not have; these have it: {roles}.',
  ],
  'auth.job_denied': [
    'denied',
    '{who} is limited to the jobs {jobs}, and {what}; use a key that may.',
  ],
  'auth.rate_limited': [
    'limited',
    '{who} has had its {limit} requests of a minute; try again in {seconds} s.',
  ],
  'key.missing': ['missing', 'There is no key {id}. List them with: nightshift key list'],
  'key.invalid': ['invalid', 'The key cannot be made so: {faults}.'],
  'key.beyond': [
    'denied',
    'Nobody gives a key more than they have: {beyond}. Ask for less, or ask an admin.',
  ],
  'key.ended': [
    'conflict',
    'The key {prefix} {how}, and cannot be rotated; make another with: nightshift key create',
  ],
  'role.invalid': ['bug', 'The role {role} of config/roles.ts cannot be used: {fault}.'],
  'route.unguarded': [
    'bug',
    'The route {route} has no entry in src/core/route-guards.ts; say there what it needs.',
  ],
} as const;
