/** What there is to be allowed, as `resource:action`, and what each means. */
export const permissions = {
  'runs:read': 'list and look at runs, their attempts, steps and log lines',
  'runs:enqueue': 'enqueue and replay runs',
  'runs:cancel': 'cancel runs, one by one or by filter',
  'runs:retry': 'retry runs, one by one or by filter',
  'payload:reveal': 'see payloads and results, which are left out of answers otherwise',
  'words:reveal':
    'see messages of errors, lines of logs and notes of progress, into which jobs may write what is in payloads',
  'jobs:read': 'list jobs with the schemas of their payloads',
  'queues:read': 'look at queues, their pauses and gates',
  'queues:pause': 'pause and resume queues',
  'schedules:read': 'look at schedules and their firings',
  'schedules:operate': 'pause, resume, run and backfill schedules',
  'schedules:write': 'create, edit, delete and reset schedules',
  'workers:read': 'list workers',
  'duties:read': 'look at the duties of the control plane',
  'events:send': 'send events to the runs that wait for them',
  'hooks:read': 'look at the deliveries of webhooks',
  'hooks:redeliver': 'let a webhook be delivered again',
  'search:read': 'search and read documents',
  'decisions:read': 'list decisions of jobs',
  'decisions:correct': 'correct decisions of jobs',
  'metrics:read': 'read metrics, objectives and performance',
  'alerts:read': 'list alerts',
  'alerts:acknowledge': 'acknowledge alerts',
  'assets:read': 'look at stored data, its retention and its holds',
  'retention:purge': 'purge what retention lets go',
  'backups:read': 'list and verify backups',
  'backups:create': 'make backups',
  'backups:restore': 'restore a backup',
  'subjects:export': 'export what is stored of a person',
  'subjects:erase': 'erase what is stored of a person',
  'audit:read': 'read, verify and export the audit log',
  'security:read': 'look at the state of security',
  'keys:read': 'list API keys',
  'keys:write':
    'create, rotate and revoke API keys, none with more rights, time or requests than its own',
  'users:read': 'list users and their sessions',
  'users:write': 'create and disable users, give them roles, end their sessions',
} as const satisfies Record<string, string>;

export type Permission = keyof typeof permissions;

/** Every permission, in the order of the table. */
export const allPermissions = Object.keys(permissions) as readonly Permission[];
