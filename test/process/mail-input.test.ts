import { chmod, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../../src/cli/api.ts';
import { isFinal, type Run } from '../../src/core/run.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { unprivilegedUser } from '../support/postgres-server.ts';
import { until } from '../support/until.ts';

const mail = (body: string) =>
  `From: ada@example.org\nTo: grace@example.org\nSubject: A mail\n\n${body}\n`;

interface Tally {
  readonly read: number;
  readonly findings: readonly { readonly mail: string; readonly finding: string }[];
}

describe('a mailbox that is not as it should be', () => {
  const user = unprivilegedUser();
  let installation: TestInstallation;
  let api: Api;
  beforeAll(async () => {
    installation = await openTestInstallation('embedded', {}, user);
    await installation.start();
    api = await installation.openApi();
  }, 120_000);
  afterAll(() => installation[Symbol.asyncDispose]());

  const mailbox = (name: string) => join(installation.folder, name);

  /** Lays out a folder of mails. */
  async function lay(name: string, mails: Readonly<Record<string, string>>): Promise<string> {
    const folder = mailbox(name);
    await mkdir(folder);
    await chmod(folder, 0o755);
    for (const [file, text] of Object.entries(mails)) await writeFile(join(folder, file), text);
    return folder;
  }

  async function triage(path: string): Promise<Run> {
    const { id } = await api.post<{ id: string }>('/runs', {
      job: 'mail-triage',
      payload: { mailbox: path },
    });
    return until(
      async () => {
        const run = await api.get<Run>(`/runs/${id}`);
        return isFinal(run.state) ? run : undefined;
      },
      { timeoutMs: 60_000 },
    );
  }

  const tallyOf = (run: Run) => {
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    return run.result as Tally;
  };

  test('missing: the run fails at once, with one sentence', async () => {
    const run = await triage(mailbox('nowhere'));
    expect(run).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'mailbox.missing', message: expect.stringContaining(mailbox('nowhere')) },
    });
  });

  test.runIf(user)('unreadable: the run fails at once, with one sentence', async () => {
    const folder = await lay('closed', { 'one.eml': mail('hello') });
    await chmod(folder, 0o700);
    expect(await triage(folder)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { code: 'mailbox.unreadable', message: expect.stringContaining('cannot be read') },
    });
  });

  test('a loop of symlinks instead of a folder: the run fails at once, with one sentence', async () => {
    await symlink(mailbox('loop-b'), mailbox('loop-a'));
    await symlink(mailbox('loop-a'), mailbox('loop-b'));
    expect(await triage(mailbox('loop-a'))).toMatchObject({
      state: 'failed',
      error: { code: 'mailbox.unreadable', message: expect.stringContaining('ELOOP') },
    });
  });

  test('empty: the run succeeds and has read nothing', async () => {
    expect(tallyOf(await triage(await lay('empty', {})))).toMatchObject({ read: 0, findings: [] });
  });

  test('with a mail of 50 MB: its beginning is read, and a finding says so', async () => {
    const folder = await lay('huge', { 'small.eml': mail('hello') });
    const file = await open(join(folder, 'huge.eml'), 'w');
    await file.writeFile(mail('begins'));
    const line = Buffer.from(`${'word '.repeat(15)}\n`.repeat(14_000));
    for (let bytes = 0; bytes < 50 * 1024 * 1024; bytes += line.length) await file.writeFile(line);
    await file.close();
    const tally = tallyOf(await triage(folder));
    expect(tally.read).toBe(2);
    expect(tally.findings).toContainEqual({
      mail: 'huge.eml',
      finding: expect.stringMatching(/has 5\d(\.\d)? MB; only its first 4 MB were read/),
    });
  });

  test('with NUL bytes: the mail is read and found again, and a finding says so', async () => {
    const folder = await lay('nul', { 'nul.eml': mail('before\0after zeppelin') });
    const tally = tallyOf(await triage(folder));
    expect(tally.read).toBe(1);
    expect(tally.findings).toContainEqual({
      mail: 'nul.eml',
      finding: expect.stringContaining('NUL'),
    });
    expect(await api.get('/search?q=zeppelin')).toMatchObject({ total: 1 });
  });

  test('with a folder that links back to itself: each mail is read once', async () => {
    const folder = await lay('round', { 'one.eml': mail('hello') });
    await symlink(folder, join(folder, 'again'));
    expect(tallyOf(await triage(folder)).read).toBe(1);
  });

  test.runIf(user)(
    'with one mail that may not be read: the others are, and a finding names it',
    async () => {
      const folder = await lay('one-closed', {
        'open.eml': mail('hello'),
        'closed.eml': mail('hello'),
      });
      await chmod(join(folder, 'closed.eml'), 0o600);
      const tally = tallyOf(await triage(folder));
      expect(tally.read).toBe(1);
      expect(tally.findings).toContainEqual({
        mail: 'closed.eml',
        finding: expect.stringContaining('could not be read (EACCES)'),
      });
    },
  );
});
