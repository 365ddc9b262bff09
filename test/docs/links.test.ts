import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { listCodeBlocks, listInlineCode, listPages, readText, root } from './pages.ts';

const pages = listPages();
const prose = (page: string) => readText(page).replaceAll(/^```.*?^```$/gms, '');

test('every link between pages leads somewhere, to its heading too', () => {
  const broken = pages.flatMap((page) =>
    listLinks(page)
      .filter((target) => !leadsSomewhere(page, target))
      .map((target) => `${page}: ${target}`),
  );
  expect(pages.flatMap(listLinks).length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});

test('every path of the house that a page names is there', () => {
  const missing = pages.flatMap((page) => {
    const shown = listCodeBlocks(readText(page)).flatMap(({ title = [] }) => title);
    return listInlineCode(readText(page))
      .filter((code) =>
        /^(src|jobs|config|workers|deploy|examples|test|docs)\/[\w./-]*$/.test(code),
      )
      .filter(
        (path) => !existsSync(join(root, path)) && !shown.some((title) => title.startsWith(path)),
      )
      .map((path) => `${page}: ${path}`);
  });
  expect(missing).toEqual([]);
});

test('every page can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (page: string): void => {
    if (reached.has(page) || !pages.includes(page)) return;
    reached.add(page);
    for (const target of listLinks(page)) visit(locate(page, target));
  };
  visit('README.md');
  const apart = ['examples/mailbox/README.md'];
  expect(pages.filter((page) => !reached.has(page) && !apart.includes(page))).toEqual([]);
});

/** Targets inside the repository; a folder counts as the README in it. */
function listLinks(page: string): string[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^https?:/.test(target));
}

function locate(page: string, target: string): string {
  const [path = ''] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  return file.endsWith('/') ? `${file}README.md` : file;
}

function leadsSomewhere(page: string, target: string): boolean {
  const file = locate(page, target);
  const [, anchor] = target.split('#');
  if (!existsSync(join(root, file))) return false;
  return anchor === undefined || headingsOf(file).includes(anchor);
}

/** The anchors of a page, as GitHub and GitLab make them. */
function headingsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
