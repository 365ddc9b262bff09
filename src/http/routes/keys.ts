import { z } from 'zod';
import {
  createKey,
  type Key,
  listKeys,
  type MadeKey,
  revokeKey,
  rotateKey,
} from '../../auth/index.ts';
import { answering } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { byId, optionalDuration } from './run-schemas.ts';

const key = z.looseObject({ id: z.string(), name: z.string() });

const newKey = z
  .strictObject({
    name: z
      .string()
      .trim()
      .regex(/^\P{Cc}{1,200}$/u, 'is not a name of 1 to 200 characters'),
    role: z.string().max(100),
    jobs: z.array(z.string().max(200)).max(200).optional(),
    ratePerMinute: z.int().min(1).max(100_000_000).optional(),
    expires: optionalDuration,
  })
  .meta({ 'x-examples': { usual: { value: { name: 'shop', role: 'operator', expires: '90d' } } } });

const rotation = z
  .strictObject({ overlap: optionalDuration, expires: optionalDuration })
  .nullish()
  .meta({ 'x-examples': { usual: { value: { overlap: '1d' } } } });

const dayMs = 86_400_000;

/** API keys. A secret is in the answer that makes it, and nowhere else. */
export function keyRoutes(server: Server, { database, auth: { roles } }: Operated): void {
  server.get(
    '/keys',
    {
      schema: {
        tags: ['keys'],
        summary: 'List the keys',
        ...answering({ 200: z.strictObject({ keys: z.array(key) }) }),
      },
    },
    async () => ({ keys: await listKeys(database) }),
  );

  server.post(
    '/keys',
    {
      schema: {
        tags: ['keys'],
        summary: 'Make a key; its secret is in this answer alone',
        body: newKey,
        ...answering({ 201: key }),
      },
    },
    async (request, reply) => {
      const { expires, ...wish } = request.body;
      const doing = { actor: request.actor, roles };
      const made = await request
        .changing({ resource: 'key', tell: (made) => tellKeys((made as MadeKey).key) })
        .transaction((tx) => createKey(tx, { ...wish, expiresMs: expires }, doing));
      return reply.status(201).send({ ...made.key, secret: made.secret });
    },
  );

  server.post(
    '/keys/:id/revoke',
    {
      schema: { tags: ['keys'], summary: 'Revoke a key', params: byId, ...answering({ 200: key }) },
    },
    async (request) => {
      const { actor, params } = request;
      const writing = request.changing({ resource: 'key', tell: (key) => tellKeys(key as Key) });
      return revokeKey(writing, params.id, { actor, roles });
    },
  );

  server.post(
    '/keys/:id/rotate',
    {
      schema: {
        tags: ['keys'],
        summary: 'Give a key a new secret',
        params: byId,
        body: rotation,
        ...answering({ 201: key }),
      },
    },
    async (request, reply) => {
      const { overlap = dayMs, expires } = request.body ?? {};
      const wish = { id: request.params.id, overlapMs: overlap, expiresMs: expires };
      const writing = request.changing({
        resource: 'key',
        tell: (rotated) => {
          const { key, replaced } = rotated as Rotated;
          return tellKeys(key, replaced);
        },
      });
      const doing = { actor: request.actor, roles };
      const { key, secret, replaced } = await rotateKey(writing, wish, doing);
      return reply.status(201).send({ ...key, secret, replaced });
    },
  );
}

type Rotated = Awaited<ReturnType<typeof rotateKey>>;

/** What the audit log tells of keys: which they are, and what the first may. */
function tellKeys(...keys: [Key, ...Key[]]) {
  const { prefix, name, role, jobs, ratePerMinute, expiresAt, revokedAt } = keys[0];
  const after = { prefix, name, role, jobs, ratePerMinute, expiresAt, revokedAt };
  return { ids: keys.map(({ id }) => id), after };
}
