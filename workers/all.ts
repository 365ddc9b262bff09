import { keepCompiledCode } from '../src/app/compile-cache.ts';

// Everything in one process: the API, workers, the relay, the control plane, and the socket that answers the CLI.
keepCompiledCode();
const { all, runProcess } = await import('../src/app/index.ts');
await runProcess(all);
