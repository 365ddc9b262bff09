import { z } from 'zod';
import { createKey, listKeys, revokeKey, rotateKey } from '../../auth/index.ts';
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
    async ({ body, actor }, reply) => {
      const { expires, ...wish } = body;
      const made = await createKey(database, { ...wish, expiresMs: expires }, { actor, roles });
      return reply.status(201).send({ ...made.key, secret: made.secret });
    },
  );

  server.post(
    '/keys/:id/revoke',
    {
      schema: { tags: ['keys'], summary: 'Revoke a key', params: byId, ...answering({ 200: key }) },
    },
    async ({ params: { id }, actor }) => revokeKey(database, id, { actor, roles }),
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
    async ({ params: { id }, body, actor }, reply) => {
      const { overlap = dayMs, expires } = body ?? {};
      const wish = { id, overlapMs: overlap, expiresMs: expires };
      const { key, secret, replaced } = await rotateKey(database, wish, { actor, roles });
      return reply.status(201).send({ ...key, secret, replaced });
    },
  );
}
