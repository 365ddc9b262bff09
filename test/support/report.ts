import { cpus, totalmem } from 'node:os';

/** One line of a proof's table. */
export type ReportRow = Readonly<Record<string, string | number>>;

/** One figure with what it should be; one that was not measured has `value: null`, `met: false` and a reason. */
export interface Goal {
  readonly name: string;
  readonly value: number | null;
  readonly goal: string;
  readonly met: boolean;
  readonly reason?: string;
}

/** What a proof (bench, chaos) found. */
export interface Report {
  readonly suite: string;
  readonly rows: readonly ReportRow[];
  readonly goals: readonly Goal[];
}

/** Prints tables for people; with `json` the last line is the whole as one object. */
export function printReport({ suite, rows, goals }: Report, { json }: { json: boolean }): void {
  const lines = [...formatRows(rows), '', 'goals', ...goals.map(formatGoal)];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!json) return;
  const machine = {
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1024 ** 2),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
  process.stdout.write(`${JSON.stringify({ suite, machine, rows, goals })}\n`);
}

/** A goal that is met from `least` on. */
export function atLeast(name: string, value: number, least: number): Goal {
  return { name, value: round(value), goal: `≥ ${least}`, met: value >= least };
}

/** A goal that is met up to `most`. */
export function atMost(name: string, value: number, most: number): Goal {
  return { name, value: round(value), goal: `≤ ${most}`, met: value <= most };
}

/** A goal that was not measured, and why. */
export function notMeasured(name: string, goal: string, reason: string): Goal {
  return { name, value: null, goal, met: false, reason };
}

/** Four digits behind the point are more than any of the figures deserves. */
export function round(value: number): number {
  return Number(value.toFixed(4));
}

function formatRows(rows: readonly ReportRow[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))];
  const widths = names.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  return cells.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}

function formatGoal({ name, value, goal, met, reason }: Goal): string {
  return `  ${met ? '✓' : '✗'} ${name}: ${value ?? 'not measured'} (goal ${goal})${reason ? `, ${reason}` : ''}`;
}
