/** One part of the bench in its own process: what it measured goes to `main.ts`. */
import type { PartOptions } from './part.ts';
import { parts } from './parts.ts';

const [name, options] = process.argv.slice(2);
const report = await parts[name!]!.measure(JSON.parse(options!) as PartOptions);
process.send!(report, () => process.exit());
