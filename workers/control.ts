import { keepCompiledCode } from '../src/app/compile-cache.ts';

// The control plane: schedules, duties such as rescue, and the relay of what was accepted without a dispatch.
keepCompiledCode();
const { control, runProcess } = await import('../src/app/index.ts');
await runProcess(control);
