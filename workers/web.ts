import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Serves the API and runs no jobs.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/nightshift'));
const { runProcess, web } = await import('../src/app/index.ts');
await runProcess(web);
