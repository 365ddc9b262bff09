import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Everything in one process: the API, workers, the relay, the control plane, and the socket that answers the CLI.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/nightshift'));
const { all, runProcess } = await import('../src/app/index.ts');
await runProcess(all);
