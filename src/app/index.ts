export { openApiServer } from './answers.ts';
export { findSecret } from './audit.ts';
export { migrationsOf, openDatabaseOf } from './database.ts';
export { all, control, type ProcessKind, web, worker } from './kinds.ts';
export { runProcess, startProcess } from './process.ts';
export { runJobs, type WorkerChoice } from './shares/worker.ts';
export { socketPathOf } from './socket.ts';
export { openSystem, type System } from './system.ts';
