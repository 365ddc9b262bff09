import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess } from '../support/process.ts';

const main = join(import.meta.dirname, 'main.ts');

async function run(...args: string[]) {
  await using suite = startProcess(main, args);
  const status = await suite.ended();
  return { status, output: suite.lines.join('\n'), errors: suite.errors };
}

test.each([
  [['--footprint', 'nowhere'], 'there is no "nowhere"; write embedded, postgres, cluster'],
  [['--seed', 'x'], '--seed: "x" is not a whole number'],
  [['--faults', 'worker kiled'], 'there is no "worker kiled"; did you mean "worker killed"?'],
  [['--planted', 'nothing'], '--planted: there is no "nothing"'],
  [['--slow'], "Unknown option '--slow'"],
])('wrong use is refused with status 2: %j', async (args, says) => {
  const { status, errors } = await run(...args);
  expect(errors).toContain(says);
  expect(status).toBe(2);
});

test('--help lists the options and every kind of fault', async () => {
  const { status, output } = await run('--help');
  expect(status).toBe(0);
  expect(output).toContain('--planted [NAME]');
  expect(output).toContain('Redis killed and its file lost (cluster)');
});
