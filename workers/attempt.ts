import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// One attempt of a job with isolation: 'process'; its worker starts this file. It is started for every such
// attempt, so that compiled code is kept.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/nightshift'));
const { runAttempt } = await import('../src/app/child.ts');
runAttempt();
