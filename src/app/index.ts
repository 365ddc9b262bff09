export { runAll } from './all.ts';
export { migrationsOf, openDatabaseOf } from './database.ts';
export { runProcess } from './process.ts';
export { socketPathOf } from './socket.ts';
export { openSystem, type System } from './system.ts';
