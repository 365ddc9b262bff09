import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ICruiseResult } from 'dependency-cruiser';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const house = join(import.meta.dirname, 'house');
const folders = ['src', 'jobs', 'config', 'workers'];

/** What the boundary checker says of `where`, as `npm run check` runs it; `preload` is imported before it. */
async function check(cwd: string, where: readonly string[], preload: readonly string[] = []) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...preload.flatMap((path) => ['--import', path]),
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      join(root, '.dependency-cruiser.mjs'),
      '--output-type',
      'json',
      ...where,
    ],
    { cwd, maxBuffer: 64 * 1024 * 1024 },
  );
  const { modules, summary } = JSON.parse(stdout) as ICruiseResult;
  return {
    seen: new Set(modules.map(({ source }) => source)),
    violations: summary.violations.map(({ rule, from }) => `${rule.name} ${from}`),
  };
}

const listFiles = () =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...folders], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path.endsWith('.ts'));

test('the house keeps its boundaries, and the checker sees every source file of it', async () => {
  const { seen, violations } = await check(root, folders);
  const files = listFiles();
  expect(violations).toEqual([]);
  expect(files.filter((path) => !seen.has(path))).toEqual([]);
  expect(files.length).toBeGreaterThan(100);
});

/** The canary: what the planted house has to be found guilty of. */
const planted = [
  'core-imports src/core/reaches-out.ts',
  'core-is-pure src/core/reaches-out.ts',
  'doors src/queue/enters-by-the-window.ts',
  'no-cycles src/db/something.ts',
];

test('the checker finds what is planted, type-only cycles included', async () => {
  const { violations } = await check(house, ['src']);
  expect(violations.sort()).toEqual(planted);
});

test('a blinded checker finds nothing and passes, which the canary would tell', async () => {
  const { violations } = await check(house, ['src'], [join(import.meta.dirname, 'blind.mjs')]);
  expect(violations).toEqual([]);
});

test('SQL on our tables stands in the ledger, in queries, stores and migrations, and nowhere else', () => {
  const allowed = /^src\/(ledger|db)\/|\/queries(\.ts|\/)|\/store\.ts$|\/migrations\//;
  const sql = /\b(from|into|update|join|table)\s+nightshift\.\w+/i;
  const strays = listFiles()
    .filter((path) => !allowed.test(path))
    .filter((path) => sql.test(readFileSync(join(root, path), 'utf8')));
  expect(strays).toEqual([]);
});
