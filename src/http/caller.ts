import type { FastifyRequest } from 'fastify';

/** Who sent a request: what names an actor that was recognised, or '' for a stranger. */
export type CallerOf = (request: FastifyRequest) => string;

/** Nobody is recognised. */
export const nobody: CallerOf = () => '';
