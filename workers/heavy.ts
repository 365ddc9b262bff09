import { keepCompiledCode } from '../src/app/compile-cache.ts';

// Runs the jobs whose pool is heavy: long or memory-hungry work, away from the rest.
keepCompiledCode();
const { runProcess, worker } = await import('../src/app/index.ts');
await runProcess(worker({ pool: 'heavy' }));
