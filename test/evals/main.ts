/**
 * `npm run evals [mail|research|review|governance] -- [--data DIR] [--train DIR] [--json] [--quick]`: how well the
 * jobs do their work, measured on data that is no part of the product. DIR holds sets as archives
 * (`mail.tar.gz`) or unpacked (`mail/`); without --data the folder `shared/data` beside the checkout is taken.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Goal, printReport, type ReportRow } from '../support/report.ts';
import { openArchives } from './archives.ts';
import { governance, research, review } from './later.ts';
import { mail } from './mail.ts';
import type { Part } from './part.ts';

const parts: Record<string, Part> = { mail, research, review, governance };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    train: { type: 'string' },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !(name in parts));
if (unknown.length > 0)
  fail(`There is no part "${unknown[0]}"; the parts are ${Object.keys(parts).join(', ')}.`);
const data = resolve(values.data ?? '../shared/data');
if (values.data !== undefined && !existsSync(data))
  fail(`There is no folder ${data}; --data names one laid out as shared/data is.`);
if (values.train !== undefined && !existsSync(values.train))
  fail(`There is no folder ${values.train} for --train.`);

const archives = openArchives();
try {
  const chosen = positionals.length > 0 ? positionals : Object.keys(parts);
  const rows: ReportRow[] = [];
  const goals: Goal[] = [];
  for (const name of chosen) {
    const report = await parts[name]!({
      find: (set) => archives.find(data, set),
      findTraining: (set) =>
        values.train === undefined ? undefined : archives.find(resolve(values.train), set),
      isQuick: values.quick,
    });
    rows.push(...report.rows.map((row) => ({ part: name, ...row })));
    goals.push(...report.goals.map((goal) => ({ ...goal, name: `${name}: ${goal.name}` })));
  }
  printReport({ suite: 'evals', rows, goals }, { json: values.json });
} finally {
  archives.close();
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
