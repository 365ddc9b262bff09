import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { exportPage, selectEntries } from '../../audit/index.ts';
import { type AuditAction, auditActions } from '../../core/audit.ts';
import { writeCursor } from '../../core/cursor.ts';
import { answering, pageAnswer } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { pageFields, pageOf, readCursor } from '../paging.ts';
import { endless } from '../patience.ts';

const moment = z.iso.datetime({ offset: true });
const range = {
  from: moment.optional().describe('Entries of this moment and later.'),
  to: moment.optional().describe('Entries before this moment.'),
};

const filter = z.strictObject({
  actor: z.string().max(200).optional().describe('The id or the name of who did it.'),
  action: z.enum(Object.keys(auditActions) as [AuditAction]).optional(),
  outcome: z.enum(['done', 'refused', 'revealed']).optional(),
  resource: z.string().max(100).optional().describe('What kind of thing: run, queue, key.'),
  id: z.string().max(1000).optional().describe('The id or name of what it was done to.'),
  ...range,
  ...pageFields(50),
});

const entry = z
  .strictObject({
    id: z.int(),
    position: z.int().nullable().describe('Its place in the chain; null for its first second.'),
    at: z.date(),
    actor: z.looseObject({ kind: z.string(), id: z.string(), name: z.string() }),
    origin: z.looseObject({ via: z.string() }),
    action: z.string(),
    outcome: z.string(),
    resource: z.string(),
    ids: z.array(z.string()),
    before: z.unknown(),
    after: z.unknown(),
    details: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });

const verifying = z
  .strictObject({ trust: z.array(z.string().max(200)).max(100).optional() })
  .nullish()
  .meta({ examples: [{}] });

const position = z.int().nullable();
const verification = z.strictObject({
  intact: z.boolean(),
  entries: z.int(),
  first: position,
  last: position,
  checkpoints: z.int(),
  signed: z.int(),
  waiting: z.int(),
  faults: z.array(z.strictObject({ position, says: z.string() })),
  warnings: z.array(z.string()),
});

const exporting = z
  .strictObject({ ...range, ...pageFields(1000) })
  .refine(({ cursor, from, to }) => cursor === undefined || (from ?? to) === undefined, {
    message: 'from and to are in the cursor: leave them out',
    path: ['cursor'],
  });

const exported = z.strictObject({ lines: z.array(z.string()), cursor: z.string().optional() });
const place = /^\d{1,15}$/;

/** The audit log: who changed, saw or was refused what. That somebody reads it is an entry, too. */
export function auditRoutes(server: Server, { database, audit }: Operated): void {
  const tell = (request: FastifyRequest, details: object) =>
    audit.write({
      ...request.author(),
      action: 'audit.read',
      outcome: 'revealed',
      resource: 'audit',
      ids: [],
      details,
    });

  server.get(
    '/audit',
    {
      schema: {
        tags: ['audit'],
        summary: 'List entries of the audit log, the newest first',
        querystring: filter,
        ...answering({ 200: pageAnswer('entries', entry) }),
      },
    },
    async (request) => {
      const { cursor, limit, ...wanted } = request.query;
      const before = readCursor('audit', cursor, place);
      await tell(request, { list: wanted });
      const rows = await selectEntries(database, wanted, { before, limit: limit + 1 });
      const { page, next } = pageOf('audit', { rows, limit, placeOf: ({ id }) => String(id) });
      return { entries: page, ...next };
    },
  );

  server.get(
    '/audit/export',
    {
      ...endless,
      schema: {
        tags: ['audit'],
        summary: 'Sealed entries, in order, as lines that can be verified by themselves',
        querystring: exporting,
        ...answering({ 200: exported }),
      },
    },
    async (request) => {
      const { cursor, limit, ...wanted } = request.query;
      const ended = readCursor('audit export', cursor, /^\d{1,15} \d{1,15}$/);
      const [after, last] = ended?.split(' ').map(Number) ?? [];
      // One entry for an export, whatever its pages.
      await (ended === undefined ? tell(request, { export: wanted }) : request.changesNothing());
      const place = ended === undefined ? undefined : { after: after!, last: last! };
      const { lines, next } = await exportPage(database, wanted, { place, limit });
      return {
        lines,
        ...(next && { cursor: writeCursor('audit export', `${next.after} ${next.last}`) }),
      };
    },
  );

  server.post(
    '/audit/verify',
    {
      ...endless,
      schema: {
        tags: ['audit'],
        summary: 'Look whether any entry was changed, taken out or put in',
        body: verifying,
        ...answering({ 200: verification }),
      },
    },
    async (request) => {
      await tell(request, { verify: true });
      return audit.verify(request.body?.trust);
    },
  );
}
