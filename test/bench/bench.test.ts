import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess } from '../support/process.ts';
import { drawChart } from './chart.ts';
import { parts } from './parts.ts';

test('a part that does not exist is refused with a suggestion', async () => {
  const { status, errors } = await runBench('latncy');
  expect(status).toBe(2);
  expect(errors).toContain('did you mean "latency"?');
});

test('a size that is none is refused', async () => {
  const { status, errors } = await runBench('runs', '--size', 'many');
  expect(status).toBe(2);
  expect(errors).toContain('--size: "many"');
});

test('the help names every part', async () => {
  const { status, output } = await runBench('--help');
  expect(status).toBe(0);
  for (const name of Object.keys(parts)) expect(output).toContain(`  ${name} `);
});

test('the chart draws what was measured, the same every time', () => {
  const rows = [
    { part: 'runs: sweep', what: 'tried', 'drained/s': 1 },
    { part: 'runs', what: 'nightshift & row', 'drained/s': 5000 },
    { part: 'runs', what: 'peer', 'drained/s': 10_000 },
    { part: 'start', what: 'a worker', 'median s': 1 },
  ];
  const chart = drawChart(rows);
  expect(chart).toContain('nightshift &amp; row');
  expect(chart).toContain('width="210"');
  expect(chart).toContain('10,000');
  expect(chart).not.toContain('tried');
  expect(chart).not.toContain('a worker');
  expect(drawChart(rows)).toBe(chart);
});

async function runBench(...args: string[]) {
  await using child = startProcess(join(import.meta.dirname, 'main.ts'), args);
  const status = await child.ended();
  return { status, output: child.lines.join('\n'), errors: child.errors };
}
