import type { FastifyRequest } from 'fastify';
import { type Change, hashValue } from '../../audit/index.ts';
import { nameOfActor } from '../../core/actor.ts';
import type { Sql } from '../../core/sql.ts';
import { listSchedules } from '../../ledger/index.ts';
import type { Operated } from '../operated.ts';

/** The services of a change to a schedule, whose transaction ends with its entry in the audit log. */
export function changing(
  operated: Operated,
  request: FastifyRequest,
  change: Omit<Change, 'action' | 'resource'>,
): Operated {
  return {
    ...operated,
    database: { ...operated.database, ...request.changing({ resource: 'schedule', ...change }) },
  };
}

/** What a schedule says before and after; null while there is none. */
export function changeOf(name: string) {
  return {
    ids: [name],
    look: async (tx: Sql) => {
      const found = (await listSchedules(tx)).find((schedule) => schedule.name === name);
      if (!found) return null;
      const { job, payload, rules, editedAt, pausedAt, pauseReason } = found;
      const edited = editedAt !== null;
      return {
        job,
        payload: hashValue(payload),
        rules,
        edited,
        paused: pausedAt !== null,
        pauseReason,
      };
    },
  };
}

/** Whose name the schedule keeps. */
export function doingOf({ actor }: FastifyRequest): { readonly by: string } {
  return { by: nameOfActor(actor) };
}
