import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTestInstallation } from '../support/installation.ts';

const large = JSON.stringify({ mailbox: 'x'.repeat(20 * 1024 * 1024) });
const refusal = /20mb of JSON, and 1mb are allowed \(NIGHTSHIFT_PAYLOAD_LIMIT\).*pass a reference/;

test('a payload of 20 MB is refused by command, alone and over the socket of a process that runs', async () => {
  await using installation = await openTestInstallation('embedded');
  const file = join(installation.folder, 'large.json');
  await writeFile(file, large);
  const refused = () => installation.command('enqueue', 'mail-triage', '--payload', `@${file}`);
  const alone = await refused();
  expect(alone).toMatchObject({ status: 2, output: '' });
  expect(alone.errors).toMatch(refusal);
  await installation.start();
  const over = await refused();
  expect(over).toMatchObject({ status: 2, output: '' });
  expect(over.errors).toMatch(refusal);
  const missing = await installation.command('enqueue', 'mail-triage', '--payload', '@nothing');
  expect(missing.status).toBe(2);
  expect(missing.errors).toContain('It cannot be read');
  expect(await installation.ask<unknown[]>('runs', 'list')).toEqual([]);
});
