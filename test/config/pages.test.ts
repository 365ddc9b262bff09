import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderPages } from '../../config/pages/index.ts';
import { profiles } from '../../config/profiles.ts';
import { listVariables } from '../../config/variables.ts';
import { failures } from '../../src/core/failures.ts';
import { metrics } from '../../src/core/metrics.ts';

const pages = renderPages();
const root = join(import.meta.dirname, '../..');

test.each(Object.keys(pages))('%s is what `npm run docs` prints', (path) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(pages[path]);
});

test('docs/errors.md lists every failure once, and nothing else', () => {
  const listed = [...pages['docs/errors.md']!.matchAll(/^\| `([\w.]+)` \|/gm)].map(
    ([, code]) => code,
  );
  expect(new Set(listed)).toEqual(new Set(Object.keys(failures)));
  expect(listed).toHaveLength(Object.keys(failures).length);
});

test('docs/configuration.md lists every variable and every profile once, and nothing else', () => {
  const listed = [...pages['docs/configuration.md']!.matchAll(/^\| `(\w+)` \|/gm)].map(
    ([, name]) => name,
  );
  const names = [...listVariables().map(({ name }) => name), ...Object.keys(profiles)];
  expect(listed).toEqual(names);
});

test('docs/metrics.md lists every metric once, and nothing else', () => {
  const listed = [...pages['docs/metrics.md']!.matchAll(/^\| `(nightshift_\w+)` \|/gm)].map(
    ([, name]) => name,
  );
  expect(listed).toHaveLength(Object.keys(metrics).length);
  expect(new Set(listed)).toEqual(new Set(Object.keys(metrics)));
});

test('no cell of a table breaks its row', () => {
  for (const page of Object.values(pages)) {
    const rows = page.split('\n').filter((line) => line.startsWith('|'));
    for (const row of rows) expect(row).toMatch(/^\| .* \|$/);
  }
});
