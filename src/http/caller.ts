import { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { type Actor, localOperator, operatorHeader } from '../core/actor.ts';

/** Who sent a request: what names an actor that was recognised, or '' for a stranger. */
export function callerOf({ actor }: FastifyRequest): string {
  // A request that was refused at once has no actor yet.
  const known = actor as FastifyRequest['actor'] | null;
  return known === null || known.id === 'nobody' ? '' : `${known.kind} ${known.id}`;
}

/** False for `inject`, by which this process asks itself. */
export function cameByConnection({ raw }: FastifyRequest): boolean {
  return raw.socket instanceof Socket;
}

/** Whoever works on the machine itself, by the name that a command sends. */
export function readOperator({ headers }: FastifyRequest): Actor {
  const name = headers[operatorHeader];
  return typeof name === 'string' && /^[\x20-\x7e]{1,100}$/.test(name)
    ? { ...localOperator, name }
    : localOperator;
}
