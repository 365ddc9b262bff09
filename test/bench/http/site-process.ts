/** A web or worker process of the product, with the jobs of the bench. */
import { runProcess, web, worker } from '../../../src/app/index.ts';
import { bundledNoOp, noOp } from './no-op.ts';

await runProcess(process.argv[2] === 'worker' ? worker() : web, [noOp, bundledNoOp]);
