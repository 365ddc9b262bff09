import type { FastifyRequest } from 'fastify';

/** Who sent a request: what names an actor that was recognised, or '' for a stranger. */
export function callerOf({ actor }: FastifyRequest): string {
  // A request that was refused at once has no actor yet.
  const known = actor as FastifyRequest['actor'] | null;
  return known === null || known.id === 'nobody' ? '' : `${known.kind} ${known.id}`;
}
