import { z } from 'zod';
import { findSchedule, listFirings, listSchedules } from '../../ledger/index.ts';
import {
  backfillSchedule,
  createSchedule,
  differencesOf,
  editSchedule,
  pauseSchedule,
  previewSchedule,
  removeSchedule,
  resetSchedule,
  resumeSchedule,
  runSchedule,
} from '../../runtime/index.ts';
import type { Operated, Server } from '../operated.ts';
import { byName, rules, showSchedule } from './schedule-schemas.ts';

const by = z.string().min(1).max(200).optional();
const optionalRules = z.strictObject(rules).partial().shape;

const creation = z.strictObject({
  name: z.string(),
  job: z.string(),
  payload: z.unknown().default({}),
  by,
  ...optionalRules,
});

const nullableRules = Object.fromEntries(
  Object.entries(rules).map(([rule, schema]) => [rule, (schema as z.ZodType).nullish()]),
) as { [Rule in keyof typeof rules]: z.ZodOptional<z.ZodNullable<(typeof rules)[Rule]>> };

const changes = z.strictObject({
  job: z.string().optional(),
  payload: z.unknown().optional(),
  by,
  ...nullableRules,
});

const doing = z.strictObject({ by, reason: z.string().max(500).optional() }).nullish();

const backfill = z.strictObject({
  from: z.string(),
  to: z.string(),
  dryRun: z.boolean().default(false),
});

const counted = z.object({ count: z.coerce.number().int().min(1).max(1000).default(10) });

const page = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  before: z.iso.datetime({ offset: true }).optional(),
});

/** Schedules: what fires when, what became of each firing, and everything that people change of it at run time. */
export function scheduleRoutes(server: Server, operated: Operated): void {
  readingRoutes(server, operated);
  editingRoutes(server, operated);
  actionRoutes(server, operated);
}

function readingRoutes(server: Server, { database, calendars }: Operated): void {
  server.get('/schedules', async () => ({
    schedules: (await listSchedules(database)).map(showSchedule),
  }));

  server.get('/schedules/:name', { schema: { params: byName } }, async ({ params: { name } }) => {
    const schedule = await findSchedule(database, name);
    return {
      ...showSchedule(schedule),
      configSays: differencesOf(schedule),
      firings: await listFirings(database, name, { limit: 20 }),
    };
  });

  server.get(
    '/schedules/:name/next',
    { schema: { params: byName, querystring: counted } },
    async ({ params: { name }, query: { count } }) => {
      const schedule = await findSchedule(database, name);
      const { words, timezone, nextDue } = showSchedule(schedule);
      return { words, timezone, nextDue, next: await previewSchedule(calendars, schedule, count) };
    },
  );

  server.get(
    '/schedules/:name/firings',
    { schema: { params: byName, querystring: page } },
    async ({ params: { name }, query: { limit, before } }) => ({
      firings: await listFirings(database, name, {
        limit,
        before: before ? new Date(before) : undefined,
      }),
    }),
  );
}

function editingRoutes(server: Server, operated: Operated): void {
  server.post('/schedules', { schema: { body: creation } }, async ({ body }, reply) => {
    const { name, job, payload, by, ...rules } = body;
    const created = await createSchedule(
      operated,
      { name, job, payload, rules: withoutUndefined(rules) },
      { by },
    );
    return reply.status(201).send(showSchedule(created));
  });

  server.patch(
    '/schedules/:name',
    { schema: { params: byName, body: changes } },
    async ({ params: { name }, body }) => {
      const { job, payload, by, ...rules } = body;
      return showSchedule(
        await editSchedule(operated, name, {
          job,
          payload,
          rules: withoutUndefined(rules),
          doing: { by },
        }),
      );
    },
  );

  server.delete(
    '/schedules/:name',
    { schema: { params: byName, querystring: z.object({ by }) } },
    async ({ params: { name }, query }, reply) => {
      await removeSchedule(operated, name, query);
      return reply.status(200).send({ name, deleted: true });
    },
  );

  server.post('/schedules/:name/reset', { schema: { params: byName } }, async ({ params }) =>
    showSchedule(await resetSchedule(operated, params.name)),
  );
}

function actionRoutes(server: Server, operated: Operated): void {
  server.post(
    '/schedules/:name/pause',
    { schema: { params: byName, body: doing } },
    async ({ params: { name }, body }) =>
      showSchedule(await pauseSchedule(operated, name, body ?? {})),
  );

  server.post('/schedules/:name/resume', { schema: { params: byName } }, async ({ params }) =>
    showSchedule(await resumeSchedule(operated, params.name)),
  );

  server.post('/schedules/:name/run', { schema: { params: byName } }, async ({ params }, reply) =>
    reply.status(202).send(await runSchedule(operated, params.name)),
  );

  server.post(
    '/schedules/:name/backfill',
    { schema: { params: byName, body: backfill } },
    async ({ params: { name }, body }, reply) => {
      const moments = await backfillSchedule(operated, { name, ...body });
      return reply.status(body.dryRun ? 200 : 202).send({ dryRun: body.dryRun, moments });
    },
  );
}

function withoutUndefined<T extends object>(object: T) {
  const said = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
