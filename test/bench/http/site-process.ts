/** A web or worker process of the product, with the one job of the bench. */
import { runProcess, web, worker } from '../../../src/app/index.ts';
import { noOp } from './no-op.ts';

await runProcess(process.argv[2] === 'worker' ? worker() : web, [noOp]);
