import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { readText, root } from '../docs/pages.ts';
import { unset } from '../support/command.ts';
import { openTestInstallation } from '../support/installation.ts';
import { until } from '../support/until.ts';

/** `name: command`, line by line, as foreman and its kin read it. */
const lines = readText('Procfile')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => /^([A-Za-z\d_-]+):\s*(.+)$/.exec(line)!.slice(1) as [string, string]);

test('the Procfile names the processes of the design', () => {
  expect(lines.map(([name]) => name)).toEqual(['release', 'web', 'worker', 'heavy', 'control']);
});

test.each(lines)('%s of the Procfile runs: %s', async (name, command) => {
  await using installation = await openTestInstallation('postgres');
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`;
  // A shell that becomes the command, so that a signal reaches it.
  const child = spawn('sh', ['-c', `exec ${command}`], {
    cwd: root,
    env: { ...process.env, ...unset, ...installation.env, PATH: path },
  });
  const closed = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  child.stdout.resume();
  try {
    const isUp = () => errors.includes('nightshift is up') || child.exitCode !== null;
    await until(isUp, { timeoutMs: 60_000 });
    if (name !== 'release') {
      expect(errors).toContain('nightshift is up');
      child.kill('SIGTERM');
    }
    await closed;
    expect(child.exitCode).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});
