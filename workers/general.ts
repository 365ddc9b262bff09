import { keepCompiledCode } from '../src/app/compile-cache.ts';

// Runs the jobs whose pool is general: most of them.
keepCompiledCode();
const { runProcess, worker } = await import('../src/app/index.ts');
await runProcess(worker({ pool: 'general' }));
