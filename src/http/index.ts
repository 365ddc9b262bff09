export type { Operated, Server } from './operated.ts';
export type { Problem } from './problem.ts';
export { buildServer } from './server.ts';
