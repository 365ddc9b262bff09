import type { IncomingMessage, Server as NodeServer, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Audit } from '../audit/index.ts';
import type { Auth } from '../auth/index.ts';
import type { Calendars } from '../core/calendar.ts';
import type { Database } from '../db/index.ts';
import type { Hooks } from '../hooks/index.ts';
import type { Queues } from '../queue/index.ts';
import type { Artifacts, Catalogue, Enqueuer } from '../runtime/index.ts';

/** What the routes act on. */
export interface Operated {
  readonly database: Database;
  readonly auth: Auth;
  readonly audit: Audit;
  readonly queues: Queues;
  readonly catalogue: Catalogue;
  readonly enqueuer: Enqueuer;
  readonly artifacts: Artifacts;
  readonly calendars: Calendars;
  /** Absent: no webhooks are taken. */
  readonly hooks?: Hooks;
  /** A worker not heard of for longer is dead. */
  readonly detectionMs: number;
  /** Hears of what concerns nobody who asked. */
  onError(error: unknown): void;
}

export type Server = FastifyInstance<
  NodeServer,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
