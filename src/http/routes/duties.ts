import { z } from 'zod';
import { listDuties } from '../../control/index.ts';
import { answering, optionalTime, pageAnswer } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOfAll } from '../paging.ts';

const duty = z
  .strictObject({
    name: z.string(),
    periodSeconds: z.number(),
    holder: z.string().nullable(),
    beganAt: optionalTime,
    endedAt: optionalTime,
    tookMs: z.number().nullable(),
    answer: z.unknown(),
    error: z.string().nullable(),
    failedAt: optionalTime,
    failures: z.int(),
    late: z.boolean(),
  })
  .meta({ id: 'Duty' });

/** What the control plane does, as its rows say: true also when no control plane lives. */
export function dutyRoutes(server: Server, { database }: Operated): void {
  server.get(
    '/duties',
    {
      schema: {
        tags: ['control'],
        summary: 'List the duties of the control plane, and which are late',
        querystring: z.strictObject(pageFields(1000)),
        ...answering({ 200: pageAnswer('duties', duty) }),
      },
    },
    async ({ query }) => {
      const { page, next } = pageOfAll('duties', await listDuties(database), {
        ...query,
        placeOf: ({ name }) => name,
      });
      return { duties: page, ...next };
    },
  );
}
