import { z } from 'zod';
import { type FiringRow, findSchedule, listFirings, listSchedules } from '../../ledger/index.ts';
import {
  backfillSchedule,
  createSchedule,
  differencesOf,
  editSchedule,
  type FiredByHand,
  pauseSchedule,
  previewSchedule,
  removeSchedule,
  resetSchedule,
  resumeSchedule,
  runSchedule,
} from '../../runtime/index.ts';
import { answering, pageAnswer } from '../answering.ts';
import { changingOnce, idempotencyHeaders } from '../idempotency.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOf, pageOfAll, readCursor } from '../paging.ts';
import { noBody } from './run-schemas.ts';
import {
  backfill,
  backfilled,
  changes,
  counted,
  creation,
  doing,
  page,
  upcoming,
  withoutUndefined,
} from './schedule-bodies.ts';
import { changeOf, changing, doingOf } from './schedule-changes.ts';
import {
  byName,
  firingAnswer,
  scheduleAnswer,
  scheduleDetails,
  showSchedule,
} from './schedule-schemas.ts';

/** Schedules: what fires when, what became of each firing, and everything that people change of it at run time. */
export function scheduleRoutes(server: Server, operated: Operated): void {
  readingRoutes(server, operated);
  editingRoutes(server, operated);
  actionRoutes(server, operated);
}

function readingRoutes(server: Server, { database, calendars }: Operated): void {
  server.get(
    '/schedules',
    {
      schema: {
        tags: ['schedules'],
        summary: 'List schedules, by name',
        querystring: z.strictObject(pageFields(1000)),
        ...answering({ 200: pageAnswer('schedules', scheduleAnswer) }),
      },
    },
    async ({ query }) => {
      const { page, next } = pageOfAll('schedules', await listSchedules(database), {
        ...query,
        placeOf: ({ name }) => name,
      });
      return { schedules: page.map(showSchedule), ...next };
    },
  );

  server.get(
    '/schedules/:name',
    {
      schema: {
        tags: ['schedules'],
        summary: 'A schedule with its newest firings',
        params: byName,
        ...answering({ 200: scheduleDetails }),
      },
    },
    async ({ params: { name } }) => {
      const schedule = await findSchedule(database, name);
      return {
        ...showSchedule(schedule),
        configSays: differencesOf(schedule),
        firings: await listFirings(database, name, { limit: 20 }),
      };
    },
  );

  server.get(
    '/schedules/:name/next',
    {
      schema: {
        tags: ['schedules'],
        summary: 'When it fires next',
        params: byName,
        querystring: counted,
        ...answering({ 200: upcoming }),
      },
    },
    async ({ params: { name }, query: { count } }) => {
      const schedule = await findSchedule(database, name);
      const { words, timezone, nextDue } = showSchedule(schedule);
      return { words, timezone, nextDue, next: await previewSchedule(calendars, schedule, count) };
    },
  );

  server.get(
    '/schedules/:name/firings',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Its firings, the newest first',
        params: byName,
        querystring: page,
        ...answering({ 200: pageAnswer('firings', firingAnswer) }),
      },
    },
    async ({ params: { name }, query: { limit, before, cursor } }) => {
      const from = readCursor('firings', cursor, /^\d{4}-[\d-]{5}T[\d:.]{8,12}Z$/) ?? before;
      const rows = await listFirings(database, name, {
        limit: limit + 1,
        before: from === undefined ? undefined : new Date(from),
      });
      const placeOf = ({ due }: FiringRow) => due.toISOString();
      const { page, next } = pageOf('firings', { rows, limit, placeOf });
      return { firings: page, ...next };
    },
  );
}

function editingRoutes(server: Server, operated: Operated): void {
  server.post(
    '/schedules',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Create a schedule',
        body: creation,
        ...answering({ 201: scheduleAnswer }),
      },
    },
    async (request, reply) => {
      const { name, job, payload, ...rules } = request.body;
      const created = await createSchedule(
        changing(operated, request, changeOf(name)),
        { name, job, payload, rules: withoutUndefined(rules) },
        doingOf(request),
      );
      return reply.status(201).send(showSchedule(created));
    },
  );

  server.patch(
    '/schedules/:name',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Change what it says; null takes a rule away',
        params: byName,
        body: changes,
        ...answering({ 200: scheduleAnswer }),
      },
    },
    async (request) => {
      const { name } = request.params;
      const { job, payload, ...rules } = request.body;
      return showSchedule(
        await editSchedule(changing(operated, request, changeOf(name)), name, {
          job,
          payload,
          rules: withoutUndefined(rules),
          doing: doingOf(request),
        }),
      );
    },
  );

  server.delete(
    '/schedules/:name',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Delete it',
        params: byName,
        ...answering({ 200: z.strictObject({ name: z.string(), deleted: z.literal(true) }) }),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const services = changing(operated, request, changeOf(name));
      await removeSchedule(services, name, doingOf(request));
      return reply.status(200).send({ name, deleted: true });
    },
  );

  server.post(
    '/schedules/:name/reset',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Let it be as config says again',
        params: byName,
        body: noBody,
        ...answering({ 200: scheduleAnswer }),
      },
    },
    async (request) => {
      const { name } = request.params;
      const services = changing(operated, request, changeOf(name));
      return showSchedule(await resetSchedule(services, name, request.actor.jobs));
    },
  );
}

function actionRoutes(server: Server, operated: Operated): void {
  server.post(
    '/schedules/:name/pause',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Let it not fire',
        params: byName,
        body: doing,
        ...answering({ 200: scheduleAnswer }),
      },
    },
    async (request) => {
      const { name } = request.params;
      const services = changing(operated, request, changeOf(name));
      const doing = { ...doingOf(request), ...request.body };
      return showSchedule(await pauseSchedule(services, name, doing));
    },
  );

  server.post(
    '/schedules/:name/resume',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Let it fire again',
        params: byName,
        body: noBody,
        ...answering({ 200: scheduleAnswer }),
      },
    },
    async (request) => {
      const { name } = request.params;
      const services = changing(operated, request, changeOf(name));
      return showSchedule(await resumeSchedule(services, name));
    },
  );

  server.post(
    '/schedules/:name/run',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Fire it now',
        headers: idempotencyHeaders,
        params: byName,
        body: noBody,
        ...answering({ 202: z.strictObject({ due: z.date(), run: z.string().nullable() }) }),
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const writing = changingOnce(request, reply, {
        resource: 'schedule',
        ids: [name],
        tell: (fired) => ({ details: { ...(fired as FiredByHand), cancelled: undefined } }),
      });
      const { due, run } = await runSchedule({ ...operated, database: writing }, name);
      return reply.status(202).send({ due: new Date(due), run });
    },
  );

  server.post(
    '/schedules/:name/backfill',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Make up for moments of the past',
        params: byName,
        body: backfill,
        ...answering({ 200: backfilled, 202: backfilled }),
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const { name } = params;
      const services = changing(operated, request, {
        ids: [name],
        tell: () => (body.dryRun ? undefined : { details: { from: body.from, to: body.to } }),
      });
      const moments = await backfillSchedule(services, { name, ...body });
      return reply.status(body.dryRun ? 200 : 202).send({ dryRun: body.dryRun, moments });
    },
  );
}
