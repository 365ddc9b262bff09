import { Readable } from 'node:stream';
import { z } from 'zod';
import { Failure } from '../../core/errors.ts';
import { findRun } from '../../ledger/index.ts';
import { answering } from '../answering.ts';
import type { Operated, Server } from '../operated.ts';
import { byId } from './run-schemas.ts';

/** The whole result of a run as JSON, from its row or from the archive. */
export function resultRoutes(server: Server, { database, artifacts }: Operated): void {
  server.get(
    '/runs/:id/result',
    {
      schema: {
        tags: ['runs'],
        summary: 'Its whole result, however large',
        params: byId,
        ...answering({ 200: z.unknown() }),
      },
    },
    async ({ params: { id } }, reply) => {
      const { state, result, artifact } = await findRun(database, id);
      if (state !== 'succeeded') throw new Failure('run.no_result', { id, state });
      void reply.type('application/json');
      if (artifact) return reply.send(await begin(artifacts.read(artifact)));
      return reply.send(JSON.stringify(result));
    },
  );
}

/** The first chunk is read before anything is sent, so that a file that is not there is answered as a problem. */
async function begin(content: AsyncIterable<Uint8Array>): Promise<Readable> {
  const chunks = content[Symbol.asyncIterator]();
  const first = await chunks.next();
  async function* all() {
    if (first.done) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return Readable.from(all());
}
