import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyOf } from '../support/api-key.ts';
import { type InstalledApp, installApp } from '../support/client-package.ts';
import { urlOf } from '../support/http.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { listCodeBlocks, readText, root } from './pages.ts';

let installation: TestInstallation;
let app: InstalledApp;
let env: Record<string, string>;

beforeAll(async () => {
  installation = await openTestInstallation('postgres');
  const [url, installed] = await Promise.all([installation.start().then(urlOf), installApp()]);
  app = installed;
  env = {
    NIGHTSHIFT_URL: url,
    NIGHTSHIFT_KEY: await keyOf(installation),
    DATABASE_URL: installation.env['DATABASE_URL']!,
  };
}, 180_000);
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await installation[Symbol.asyncDispose]();
});

const blocks = listCodeBlocks(readText('docs/guides/enqueueing-from-anywhere.md'));
const blocksOf = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ code }) => code);

const compile = () =>
  app.run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.']);

test('the client installs alone', async () => {
  const modules = await readdir(join(app.folder, 'node_modules'));
  const linked = ['@types', 'pg', 'pg-protocol', 'pg-types', 'undici-types'];
  expect(modules.filter((name) => !name.startsWith('.') && !linked.includes(name))).toEqual([
    'nightshift',
  ]);
});

test('the types of the guide are written from the server, and compile with the app', async () => {
  const [types] = blocksOf('sh').filter((code) => code.includes('nightshift-types'));
  expect(await app.run('bash', ['-euc', types!], env)).toMatchObject({ status: 0 });
  expect(await compile()).toEqual({ status: 0, output: '' });
  const checked = [
    'nightshift-types',
    '--url',
    env['NIGHTSHIFT_URL']!,
    '--out',
    'jobs.ts',
    '--key',
    env['NIGHTSHIFT_KEY']!,
    '--check',
  ];
  expect(await app.run('npx', checked, env)).toMatchObject({ status: 0 });
});

test('a payload, or a job, that the server does not take does not compile', async () => {
  const source = await readFile(join(app.folder, 'app.ts'), 'utf8');
  await writeFile(join(app.folder, 'wrong.ts'), source.replace(`mailbox: ''`, 'mailbox: 7'));
  expect((await compile()).output).toMatch(/wrong\.ts.*number.*string/);
  await writeFile(join(app.folder, 'wrong.ts'), source.replace(`('mail-triage'`, `('mail-triag'`));
  expect((await compile()).output).toMatch(/wrong\.ts.*mail-triag/);
  await writeFile(join(app.folder, 'wrong.ts'), 'export {};');
});

test('the example app hands over work, waits, looks on, is refused, and enqueues in its own transaction', async () => {
  const { status, output } = await app.run('node', ['app.ts'], env);
  expect(output.split('\n').filter((line) => line.includes(': '))).toEqual([
    'waited: succeeded, of sample',
    expect.stringMatching(/^streamed: .*end.*state/),
    'refused: payload.invalid',
    'in a transaction: succeeded',
  ]);
  expect(status).toBe(0);
});

test('the nightshift command writes the same types', async () => {
  const file = join(installation.folder, 'jobs.ts');
  await installation.ask('jobs', 'types', '--out', file);
  expect(await readFile(file, 'utf8')).toBe(await readFile(join(app.folder, 'jobs.ts'), 'utf8'));
});

test('the lines of curl do what the guide says', async () => {
  const [waiting, others] = blocksOf('sh').filter((code) => code.includes('curl '));
  const waited = await app.run('bash', ['-euc', waiting!], env);
  expect(JSON.parse(waited.output)).toMatchObject({ job: 'mail-triage', id: expect.any(String) });
  const looked = await app.run('bash', ['-euc', others!], env);
  expect(looked).toMatchObject({ status: 0 });
  expect(looked.output).toMatch(/^\{"lines":\[.*"state":"cancelled"/);
});

test('the Python of the guide waits for its run', async () => {
  const [code] = blocksOf('python');
  expect(await app.run('python3', ['-c', code!], env)).toEqual({
    status: 0,
    output: 'succeeded sample\n',
  });
});
