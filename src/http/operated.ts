import type { IncomingMessage, Server as NodeServer, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Database } from '../db/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Artifacts, Catalogue, Enqueuer } from '../runtime/index.ts';

/** What the routes act on. */
export interface Operated {
  readonly database: Database;
  readonly queues: Queues;
  readonly catalogue: Catalogue;
  readonly enqueuer: Enqueuer;
  readonly artifacts: Artifacts;
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
}

export type Server = FastifyInstance<
  NodeServer,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
