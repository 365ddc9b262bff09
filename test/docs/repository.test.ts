import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles, root } from './pages.ts';

/** What belongs to the machine of whoever wrote a file. */
const foreign = [
  /(?<![\w.])\/(?:home|Users)\/[a-z][\w-]*\//,
  /(?<![\w.])\/(?:root|work|workspace|mnt)\/\w/,
  /(?<![\w.])[A-Z]:\\+Users\\/,
];

test('no file names a path of the machine it was written on', () => {
  const found = listFiles()
    .filter((path) => !path.endsWith('.eml'))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return foreign.flatMap((pattern) =>
        pattern.exec(text) ? [`${path}: ${pattern.exec(text)![0]}`] : [],
      );
    });
  expect(found).toEqual([]);
});

test('the lock file names no registry, so that it serves behind any', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hosts = [...lock.matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map(
    ([, host = '']) => host,
  );
  expect(hosts.filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
});
