import type { AuditAction } from './audit.ts';
import type { Permission } from './permissions.ts';

/**
 * What a route asks of whoever comes, and how a key that is limited to jobs is held to them:
 *
 * - `run`, `bulk`, `schedule`, `job`: the one in the path has to be of its jobs, else it is as if it were not there
 * - `body`: so has every job that the body names
 * - `runs`: the route itself asks the database for runs of those jobs only
 * - `documents`: the route itself asks for what runs of those jobs stored or decided
 * - a name: of the list by that name the others are left out
 * - `never`: it reaches beyond jobs, and such a key may not
 * - `free`: it is not about jobs
 */
export interface RouteGuard {
  /** One permission, or one for each `action` of the body; null: nobody is asked for a key. */
  readonly needs: Permission | Readonly<Record<string, Permission>> | null;
  readonly within:
    | 'run'
    | 'bulk'
    | 'schedule'
    | 'job'
    | 'body'
    | 'runs'
    | 'documents'
    | 'jobs'
    | 'queues'
    | 'schedules'
    | 'never'
    | 'free';
  /** True where nobody is asked for a key on an address of this machine alone, or where an installation says so. */
  readonly mayBeOpen?: true;
  /** True where payloads and results are answered, or what jobs wrote: that is left out without `payload:reveal` and `words:reveal`. */
  readonly shows?: true;
  /** True where nothing but such is answered: `payload:reveal` is asked for as well, and each answer is a reveal. */
  readonly reveals?: true;
  /** What its entry in the audit log is called: of every route that changes something, and those that read the log. */
  readonly audits?: AuditAction;
  /** True for pages: people come with the cookie of a session, and change things from pages of ours alone. */
  readonly page?: true;
}

/** Nobody is asked for a key. */
export const open: RouteGuard = { needs: null, within: 'free' };
const board: RouteGuard = { needs: 'queues:read', within: 'queues', page: true };

/**
 * Every route that there is: one that has no line here keeps the server from starting. `* /path/*` is all that
 * begins so and has no line of its own.
 */
export const routeGuards: Readonly<Record<string, RouteGuard>> = {
  'GET /health': open,
  'GET /health/live': open,
  'GET /health/ready': open,
  // Names of jobs and counts, on every process.
  'GET /metrics': { needs: 'metrics:read', within: 'never', mayBeOpen: true },

  'OPTIONS *': open,
  'GET /docs': open,
  'GET /docs/openapi.json': open,
  'GET /docs/style.css': open,

  'GET /': { needs: 'runs:read', within: 'runs', page: true },
  'GET /runs/:id': { needs: 'runs:read', within: 'run', page: true },
  'POST /runs/:id/cancel': {
    needs: 'runs:cancel',
    within: 'run',
    page: true,
    audits: 'run.cancelled',
  },
  'POST /runs/:id/retry': { needs: 'runs:retry', within: 'run', page: true, audits: 'run.retried' },
  'GET /deliveries/:name/:id': { needs: 'runs:read', within: 'job', page: true },
  'GET /login': { ...open, page: true },
  'POST /login': { ...open, page: true, audits: 'session.opened' },
  'POST /logout': { ...open, page: true, audits: 'session.ended' },
  'GET /console/style.css': open,
  'GET /console/icon.svg': open,

  // Bull Board shows, and changes nothing: whatever but GET is refused.
  'GET /queues': board,
  'GET /queues/*': board,
  'POST /queues/*': board,
  'PUT /queues/*': board,
  'PATCH /queues/*': board,
  'DELETE /queues/*': board,

  'POST /api/v1/runs/batch': { needs: 'runs:enqueue', within: 'body', audits: 'run.enqueued' },
  'GET /api/v1/runs/:id/events': { needs: 'runs:read', within: 'run', shows: true },
  'POST /api/v1/runs': {
    needs: 'runs:enqueue',
    within: 'body',
    shows: true,
    audits: 'run.enqueued',
  },
  'GET /api/v1/runs': { needs: 'runs:read', within: 'runs', shows: true },
  'GET /api/v1/runs/failures': { needs: 'runs:read', within: 'runs', shows: true },
  'POST /api/v1/runs/bulk': {
    needs: { retry: 'runs:retry', cancel: 'runs:cancel' },
    within: 'runs',
    shows: true,
    audits: 'runs.changed',
  },
  'GET /api/v1/runs/bulk/:id': { needs: 'runs:read', within: 'bulk' },
  'GET /api/v1/runs/:id': { needs: 'runs:read', within: 'run', shows: true },
  'GET /api/v1/runs/:id/logs': { needs: 'runs:read', within: 'run', shows: true },
  'GET /api/v1/runs/:id/result': { needs: 'runs:read', within: 'run', reveals: true },
  'POST /api/v1/runs/:id/cancel': {
    needs: 'runs:cancel',
    within: 'run',
    shows: true,
    audits: 'run.cancelled',
  },
  'POST /api/v1/runs/:id/retry': {
    needs: 'runs:retry',
    within: 'run',
    shows: true,
    audits: 'run.retried',
  },
  'POST /api/v1/runs/:id/replay': { needs: 'runs:enqueue', within: 'run', audits: 'run.replayed' },

  'GET /api/v1/jobs': { needs: 'jobs:read', within: 'jobs' },
  'GET /api/v1/jobs/:name': { needs: 'jobs:read', within: 'job' },
  'GET /api/v1/workers': { needs: 'workers:read', within: 'free' },
  'GET /api/v1/duties': { needs: 'duties:read', within: 'free' },

  'GET /api/v1/queues': { needs: 'queues:read', within: 'queues' },
  'POST /api/v1/queues/:name/pause': {
    needs: 'queues:pause',
    within: 'job',
    audits: 'queue.paused',
  },
  'POST /api/v1/queues/:name/resume': {
    needs: 'queues:pause',
    within: 'job',
    audits: 'queue.resumed',
  },

  'POST /api/v1/events': { needs: 'events:send', within: 'never', audits: 'event.sent' },

  'GET /api/v1/schedules': { needs: 'schedules:read', within: 'schedules', shows: true },
  'POST /api/v1/schedules': {
    needs: 'schedules:write',
    within: 'body',
    shows: true,
    audits: 'schedule.created',
  },
  'GET /api/v1/schedules/:name': { needs: 'schedules:read', within: 'schedule', shows: true },
  'PATCH /api/v1/schedules/:name': {
    needs: 'schedules:write',
    within: 'schedule',
    shows: true,
    audits: 'schedule.changed',
  },
  'DELETE /api/v1/schedules/:name': {
    needs: 'schedules:write',
    within: 'schedule',
    audits: 'schedule.deleted',
  },
  'GET /api/v1/schedules/:name/next': { needs: 'schedules:read', within: 'schedule' },
  'GET /api/v1/schedules/:name/firings': { needs: 'schedules:read', within: 'schedule' },
  'POST /api/v1/schedules/:name/reset': {
    needs: 'schedules:write',
    within: 'schedule',
    shows: true,
    audits: 'schedule.reset',
  },
  'POST /api/v1/schedules/:name/pause': {
    needs: 'schedules:operate',
    within: 'schedule',
    shows: true,
    audits: 'schedule.paused',
  },
  'POST /api/v1/schedules/:name/resume': {
    needs: 'schedules:operate',
    within: 'schedule',
    shows: true,
    audits: 'schedule.resumed',
  },
  'POST /api/v1/schedules/:name/run': {
    needs: 'schedules:operate',
    within: 'schedule',
    audits: 'schedule.fired',
  },
  'POST /api/v1/schedules/:name/backfill': {
    needs: 'schedules:operate',
    within: 'schedule',
    audits: 'schedule.backfilled',
  },

  'GET /api/v1/search': { needs: 'search:read', within: 'documents' },
  'GET /api/v1/documents/:id': { needs: 'search:read', within: 'documents' },
  'GET /api/v1/decisions': { needs: 'decisions:read', within: 'documents' },
  'POST /api/v1/decisions/:id/correct': {
    needs: 'decisions:correct',
    within: 'documents',
    audits: 'decision.corrected',
  },

  'GET /api/v1/hooks': { needs: 'hooks:read', within: 'free' },
  // Who delivers signs, and has no key.
  'POST /api/v1/hooks/:name': open,
  'GET /api/v1/hooks/:name/deliveries': { needs: 'hooks:read', within: 'never', shows: true },
  'GET /api/v1/hooks/:name/deliveries/:id': { needs: 'hooks:read', within: 'never', reveals: true },
  'POST /api/v1/hooks/:name/deliveries/:id/redeliver': {
    needs: 'hooks:redeliver',
    within: 'never',
    audits: 'hook.redelivered',
  },

  'GET /api/v1/audit': { needs: 'audit:read', within: 'never', audits: 'audit.read' },
  'GET /api/v1/audit/export': { needs: 'audit:read', within: 'never', audits: 'audit.read' },
  'POST /api/v1/audit/verify': { needs: 'audit:read', within: 'never', audits: 'audit.read' },

  'GET /api/v1/keys': { needs: 'keys:read', within: 'free' },
  'POST /api/v1/keys': { needs: 'keys:write', within: 'free', audits: 'key.created' },
  'POST /api/v1/keys/:id/revoke': { needs: 'keys:write', within: 'free', audits: 'key.revoked' },
  'POST /api/v1/keys/:id/rotate': { needs: 'keys:write', within: 'free', audits: 'key.rotated' },
};

/** The line of a route; GET's is HEAD's, too. Undefined when there is none. */
export function findGuard(
  method: string,
  url: string,
  table = routeGuards,
): RouteGuard | undefined {
  const exact = table[`${method === 'HEAD' ? 'GET' : method} ${url}`];
  if (exact) return exact;
  const around = Object.keys(table)
    .filter((line) => line.startsWith('* ') && line.endsWith('/*'))
    .find((line) => url.startsWith(line.slice(2, -1)) || url === line.slice(2, -2));
  return around === undefined ? undefined : table[around];
}

/** The permissions that a route may ask for. */
export function permissionsOf({ needs }: RouteGuard): readonly Permission[] {
  if (needs === null) return [];
  return typeof needs === 'string' ? [needs] : Object.values(needs);
}
