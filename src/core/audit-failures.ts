/** Failures of the audit log. */
export const auditFailures = {
  'audit.export': [
    'invalid',
    'Line {line} {fault}; give a file that was written by: nightshift audit export',
  ],
  'audit.file': [
    'invalid',
    'The export {file} cannot be read: {reason}. Name a file that was written by: nightshift audit export',
  ],
  'audit.protect': [
    'invalid',
    'The audit log cannot be handed over, so that {role} can only add to it: {reason}. Give the URL of a superuser, or of the owner of the database who may create roles, and the role that Nightshift works as.',
  ],
  'audit.embedded': [
    'invalid',
    'The embedded database has one user, who can do everything: changes of the audit log are found out there, and cannot be prevented. Set DATABASE_URL.',
  ],
  'audit.tampered': [
    'bug',
    'The audit log was changed from outside: at position {position} it is not what this process has sealed. Nothing more is sealed until it starts again; look with: nightshift audit verify',
  ],
  'audit.missing': [
    'bug',
    'The route {route} changed something, or was to, and left no entry in the audit log.',
  ],
} as const;
