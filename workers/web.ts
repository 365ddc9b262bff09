import { keepCompiledCode } from '../src/app/compile-cache.ts';

// Serves the API and runs no jobs.
keepCompiledCode();
const { runProcess, web } = await import('../src/app/index.ts');
await runProcess(web);
