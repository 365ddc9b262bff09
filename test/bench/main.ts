/**
 * `npm run bench [part …] -- [--quick] [--json] [--size N] [--chart FILE]`: how fast the product is, against others
 * that do the same or less, interleaved in one run. Only ratios travel between machines. Exit status 0 when it
 * ran, 1 when it could not, 2 wrong use.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { suggest } from '../../src/core/suggest.ts';
import { exitOnSignal } from '../support/exit-on-signal.ts';
import { type Goal, printReport, type ReportRow } from '../support/report.ts';
import { drawChart } from './chart.ts';
import type { PartOptions, PartReport } from './part.ts';
import { parts } from './parts.ts';

const flags = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  size: { type: 'string' },
  chart: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

exitOnSignal();
const { values, positionals } = readArguments();
if (values.help) {
  printHelp();
  process.exit(0);
}
const unknown = positionals.find((name) => !(name in parts));
if (unknown !== undefined) {
  const known = Object.keys(parts);
  refuse(
    `There is no part "${unknown}"${suggest(unknown, known)} The parts are ${known.join(', ')}.`,
  );
}
const size = values.size === undefined ? undefined : Number(values.size);
if (size !== undefined && !(Number.isInteger(size) && size >= 100))
  refuse(`--size: "${values.size}" is not a whole number from 100`);

const rows: ReportRow[] = [];
const goals: Goal[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  process.stderr.write(`${name}: ${parts[name]!.summary}\n`);
  const report = await measureApart(name, {
    isQuick: values.quick,
    ...(size !== undefined && { size }),
  });
  rows.push(...report.rows);
  goals.push(...report.goals);
}
if (values.chart !== undefined) await writeFile(values.chart, drawChart(rows));
printReport({ suite: 'bench', rows, goals }, { json: values.json });

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: flags });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(2);
}

function printHelp(): void {
  const lines = Object.entries(parts).map(
    ([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`,
  );
  process.stdout.write(`npm run bench [part …] -- [options]

parts, all when none is named:
${lines.join('\n')}

  --quick       smaller sizes and no tuning, under a minute in all
  --json        the report as one object on the last line
  --size N      the size of a part, instead of its own
  --chart FILE  writes the rates as an SVG

Postgres and Redis are those of DATABASE_URL and REDIS_URL, else those of this machine.
`);
}

/** In a process of its own, so that no part works in what another left behind. */
async function measureApart(name: string, options: PartOptions): Promise<PartReport> {
  const child = fork(join(import.meta.dirname, 'part-process.ts'), [name, JSON.stringify(options)]);
  let report: PartReport | undefined;
  child.on('message', (message) => (report = message as PartReport));
  await once(child, 'close');
  if (!report) process.exit(1); // it has said why
  return report;
}
