import { z } from 'zod';
import { matching, serverUrl } from '../core/option.ts';

/** Where the queues live and what their names begin with. */
export const queueOptions = z.strictObject({
  redisUrl: serverUrl(['redis:', 'rediss:'], 'redis://host:6379')
    .exactOptional()
    .describe(
      'The Redis or Valkey server that carries the queues. Without it the database carries them.',
    ),
  prefix: matching(
    /^[a-z][a-z0-9_-]{0,30}$/,
    'up to 31 lower-case letters, digits, - and _, a letter first',
  )
    .prefault('nightshift')
    .describe('What the names of the queues begin with, so that installations can share a server.'),
});

export type QueueOptions = z.output<typeof queueOptions>;
