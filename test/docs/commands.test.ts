import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failures } from '../../src/core/failures.ts';
import { findFault, listCommands } from './commands.ts';
import { listPages, readText, root } from './pages.ts';

test('every command that a page tells is one, with its options', () => {
  const commands = listPages().flatMap((page) =>
    listCommands(readText(page)).map((text) => ({ page, text, fault: findFault(text) })),
  );
  expect(commands.length).toBeGreaterThan(25);
  expect(commands.filter(({ fault }) => fault !== undefined)).toEqual([]);
});

test('every command that a failure recommends is one', () => {
  const recommended = Object.values(failures).flatMap(([, sentence]) =>
    [...sentence.matchAll(/\bnightshift [a-z]+( [a-z]+)*/g)].map(([command]) => command),
  );
  expect(recommended).toContain('nightshift migrate up');
  expect(recommended.map(findFault).filter((fault) => fault !== undefined)).toEqual([]);
});

test('every file that Node is told to start is there', () => {
  const places = ['Procfile', 'docker-compose.yml', 'deploy/Dockerfile', ...listPages()];
  const started = places.flatMap((place) =>
    [...readText(place).matchAll(/\bnode["',\s]+([\w./-]+\.ts)\b/g)].map(([, file = '']) => file),
  );
  expect(started).toContain('workers/all.ts');
  expect(started.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

describe('the look at commands itself', () => {
  test.each([
    ['npm run nonsense', 'there is no script "nonsense"'],
    ['npm run nightshift -- run list', 'nightshift has no command "run"'],
    ['npm run nightshift -- runs list --stat failed', 'list has no option --stat'],
    ['npm run demo -- --inbox ~/Maildir', 'demo has no option --inbox'],
    ['nightshift runs lst', 'runs has no command "lst"'],
  ])('finds what is wrong with %s', (text, fault) => {
    expect(findFault(text)).toBe(fault);
  });
});
