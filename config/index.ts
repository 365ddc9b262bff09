export { type Config, type Footprint, parseConfig, type Setting } from './config.ts';
export { readConfig } from './environment.ts';
export type { Finding } from './findings.ts';
export { hooksOf } from './hooks.ts';
export { schedulesOf } from './schedules.ts';
