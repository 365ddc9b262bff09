import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Runs the jobs whose pool is heavy: long or memory-hungry work, away from the rest.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/nightshift'));
const { runProcess, worker } = await import('../src/app/index.ts');
await runProcess(worker({ pool: 'heavy' }));
