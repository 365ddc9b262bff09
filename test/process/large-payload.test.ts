import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTestInstallation } from '../support/installation.ts';

const large = JSON.stringify({ mailbox: 'x'.repeat(20 * 1024 * 1024) });
const refusal = /The body has 20mb, and 10mb are allowed; .* a reference/;

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

test('a payload above the limit is a problem of status 413, whether the body or the payload is too large', async () => {
  await using installation = await openTestInstallation('embedded');
  const api = await installation.openApi();
  for (const [size, code] of [
    [2, 'payload.too_large'],
    [20, 'request.too_large'],
  ] as const) {
    const payload = { mailbox: 'x'.repeat(size * 1024 * 1024) };
    await expect(api.post('/runs', { job: 'mail-triage', payload })).rejects.toMatchObject({
      problem: { status: 413, code, kind: 'invalid' },
    });
  }
  await api.close();
});

test('a run that was given --expires shows until when it may begin', async () => {
  await using installation = await openTestInstallation('embedded');
  const payload = ['--payload', '{"mailbox":"sample"}'];
  const { id } = await installation.ask<{ id: string }>(
    'enqueue',
    'mail-triage',
    ...payload,
    '--delay',
    '1h',
    '--expires',
    '2h',
  );
  const run = await installation.ask<{ runAt: string; expiresAt: string }>('runs', 'show', id);
  expect(Date.parse(run.expiresAt) - Date.parse(run.runAt)).toBe(2 * 3_600_000);
  expect((await installation.command('runs', 'show', id)).output).toMatch(/expires +\d{4}-\d\d-/);
});
