import { runAll, runProcess } from '../src/app/index.ts';

// Everything in one process: workers, schedules, the control plane, and the socket that answers the CLI.
await runProcess(runAll);
