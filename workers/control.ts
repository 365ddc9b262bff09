import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// The control plane: schedules, duties such as rescue, and the relay of what was accepted without a dispatch.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/nightshift'));
const { control, runProcess } = await import('../src/app/index.ts');
await runProcess(control);
