import type { Actor } from './actor.ts';

/** Whence something was done. */
export interface Origin {
  /** Over HTTP, by this machine's command line, by SQL, or by Nightshift itself. */
  readonly via: 'http' | 'command' | 'sql' | 'system';
  /** The id of the request, which the lines of the log have, too. */
  readonly request?: string;
  readonly address?: string;
  /** What the program that asked calls itself. */
  readonly agent?: string;
}

/** Who did something, and whence. */
export interface Author {
  readonly actor: Omit<Actor, 'jobs'>;
  readonly origin: Origin;
}

/** What an entry of the audit log can tell of, and what each means. */
export const auditActions = {
  'run.enqueued': 'runs were enqueued',
  'run.joined': 'a run that waits was given the payload of another, by debounce or throttle',
  'run.replayed': 'an ended run was enqueued anew',
  'run.cancelled': 'a run was cancelled',
  'run.retried': 'a run was queued again',
  'runs.changed': 'many runs are to be retried or cancelled, by a filter',
  'event.sent': 'an event was sent to the runs that wait for it',
  'queue.paused': 'no run of a job begins any more',
  'queue.resumed': 'runs of a job begin again',
  'schedule.created': 'a schedule was created',
  'schedule.changed': 'what a schedule says was changed',
  'schedule.deleted': 'a schedule was deleted',
  'schedule.reset': 'a schedule is as config says again',
  'schedule.paused': 'a schedule does not fire any more',
  'schedule.resumed': 'a schedule fires again',
  'schedule.fired': 'a schedule was fired by hand',
  'schedule.backfilled': 'moments of a schedule that were past were made up for',
  'schedules.planted': 'a new version brought its schedules',
  'decision.corrected': 'a person said otherwise than a job had decided',
  'hook.redelivered': 'a webhook was let happen again',
  'key.created': 'a key was made',
  'key.revoked': 'a key was ended',
  'key.rotated': 'a key was given a successor',
  'session.opened': 'somebody signed in to the pages with a key',
  'session.ended': 'somebody signed out',
  'payload.revealed': 'payloads or results of runs, or the body of a webhook, were shown',
  'audit.read': 'the audit log was read, verified or exported',
  'audit.purged': 'old entries of the audit log were let go',
  'request.refused': 'somebody was refused',
} as const satisfies Record<string, string>;

export type AuditAction = keyof typeof auditActions;

/** What an entry says, before it is written. */
export interface NewAuditEntry extends Author {
  readonly action: AuditAction;
  readonly outcome: 'done' | 'refused' | 'revealed';
  /** What kind of thing it was done to: `run`, `queue`, `schedule`. */
  readonly resource: string;
  /** Ids or names of those it was done to. */
  readonly ids: readonly string[];
  /** What it was like before and after, where that can be said. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly details?: unknown;
}

/** An entry as it stands in the log. */
export interface AuditEntry extends Required<Omit<NewAuditEntry, 'action'>> {
  /** The place among all that was ever written; some numbers were never given. */
  readonly id: number;
  readonly at: Date;
  readonly action: string;
}

/** Nightshift itself, in this of its parts. */
export function systemAuthor(part: string): Author {
  return {
    actor: { kind: 'system', id: part, name: part, role: 'none' },
    origin: { via: 'system' },
  };
}
