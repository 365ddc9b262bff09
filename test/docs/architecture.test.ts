import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles, listInlineCode, listRows, readText, root } from './pages.ts';

const page = readText('ARCHITECTURE.md');
const checker = (await import(join(root, '.dependency-cruiser.mjs'))) as {
  default: { forbidden: readonly Rule[] };
};

/** What is read here of a rule of dependency-cruiser. */
interface Rule {
  readonly name: string;
  readonly from: { readonly pathNot?: string };
  readonly to: { readonly pathNot?: string };
}

/** The rules whose name ends so, by what comes before. */
function rulesNamed(ending: string) {
  return checker.default.forbidden
    .filter(({ name }) => name.endsWith(ending))
    .map((rule) => ({ of: rule.name.slice(0, -ending.length), rule }));
}

test('the table of imports says what the boundary checker enforces', () => {
  const enforced = rulesNamed('-imports').flatMap(({ of, rule }) => {
    const [self, ...others] =
      /^\^src\/\(([\w|-]+)\)\/$/.exec(rule.to.pathNot ?? '')?.[1]?.split('|') ?? [];
    return self === of ? [[of, others.join(', ') || '–']] : [];
  });
  const told = listRows(page, 'folder | may import (of ours)');
  const beside = ['cli, app', 'config', 'jobs', 'workers'];
  const ruled = rulesNamed('-imports').map(({ of }) => of);
  expect(ruled).toEqual(expect.arrayContaining(['config', 'jobs', 'workers']));
  expect(ruled.filter((folder) => ['cli', 'app'].includes(folder))).toEqual([]);
  expect(told.filter(([folder = '']) => !beside.includes(folder))).toEqual(enforced);
});

test('the table of packages says who owns them', () => {
  const enforced = rulesNamed('-owner').map(({ of, rule }) => {
    return [of, /^\^([\w/]+)\/$/.exec(rule.from.pathNot ?? '')?.[1]];
  });
  expect(listRows(page, 'package | only in')).toEqual(enforced);
});

test('the house is described folder by folder, and no folder is left out', () => {
  const told = listRows(page, 'folder | what is in it').flatMap(([folder = '']) =>
    listInlineCode(folder),
  );
  const folders = new Set(
    listFiles().flatMap(
      (path) => /^(src\/\w+\/|(?:jobs|workers|config|examples)\/)/.exec(path)?.[1] ?? [],
    ),
  );
  expect([...told].sort()).toEqual([...folders].sort());
  expect(told.filter((folder) => !existsSync(join(root, folder)))).toEqual([]);
});

test('the page stays under 250 lines', () => {
  expect(page.split('\n').length).toBeLessThan(250);
});
