/**
 * `npm run evals [mail|research|review|governance] -- [--data DIR] [--train DIR] [--json] [--quick]`: how well the
 * jobs do their work, measured on data that is no part of the product. DIR holds sets as archives
 * (`mail.tar.gz`) or unpacked (`mail/`); without --data the folder `shared/data` beside the checkout is taken.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openArchives } from './archives.ts';
import { governance, research, review } from './later.ts';
import { mail } from './mail.ts';
import type { Part, PartReport } from './part.ts';

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
  const reports: [string, PartReport][] = [];
  for (const name of chosen) {
    const report = await parts[name]!({
      find: (set) => archives.find(data, set),
      findTraining: (set) =>
        values.train === undefined ? undefined : archives.find(resolve(values.train), set),
      isQuick: values.quick,
    });
    reports.push([name, report]);
    printReport(name, report);
  }
  if (values.json) printJson(reports);
} finally {
  archives.close();
}

function printReport(name: string, { rows, goals }: PartReport): void {
  const lines = [
    `\n${name}`,
    ...rows.map(
      ({ name, value, note }) =>
        `  ${name.padEnd(44)} ${String(value).padStart(10)}${note ? `  ${note}` : ''}`,
    ),
    '  goals',
    ...goals.map(
      ({ name, value, goal, met, reason }) =>
        `  ${met ? '✓' : '✗'} ${name.padEnd(42)} ${String(value ?? '–').padStart(10)}  goal ${goal}${reason ? ` (${reason})` : ''}`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function printJson(reports: readonly [string, PartReport][]): void {
  const machine = {
    cores: cpus().length,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
  const rows = reports.flatMap(([part, report]) => report.rows.map((row) => ({ part, ...row })));
  const goals = reports.flatMap(([part, report]) =>
    report.goals.map((goal) => ({ part, ...goal })),
  );
  process.stdout.write(`${JSON.stringify({ suite: 'evals', machine, rows, goals })}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
