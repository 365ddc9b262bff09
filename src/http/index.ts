export type { DoorOptions, RequestLine } from './door/options.ts';
export { listenOnPort } from './listen.ts';
export type { Operated, Server } from './operated.ts';
export type { Problem } from './problem.ts';
export type { ComponentReport, Health, Readiness } from './routes/health.ts';
export { buildHealthServer, buildServer, type ServerOptions } from './server.ts';
