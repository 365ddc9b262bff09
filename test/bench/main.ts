/**
 * `npm run bench [runs|embedded] -- [--json] [--quick]`: how fast the product is, against others that do the same
 * or less, interleaved in one run. Only ratios travel between machines. Exit status 0 when it ran, 2 wrong use.
 */
import { parseArgs } from 'node:util';
import { type Goal, printReport, type ReportRow } from '../support/report.ts';
import {
  listUnmeasured,
  measureEmbedded,
  measureRuns,
  type PartOptions,
  type PartReport,
} from './parts.ts';

const parts: Readonly<Record<string, (options: PartOptions) => Promise<PartReport>>> = {
  runs: measureRuns,
  embedded: measureEmbedded,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no part "${unknown}"; the parts are ${Object.keys(parts).join(', ')}.\n`,
  );
  process.exit(2);
}
const rows: ReportRow[] = [];
const goals: Goal[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const report = await parts[name]!({ isQuick: values.quick });
  rows.push(...report.rows);
  goals.push(...report.goals);
}
printReport(
  { suite: 'bench', rows, goals: [...goals, ...listUnmeasured()] },
  { json: values.json },
);
