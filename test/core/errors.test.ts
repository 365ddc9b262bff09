import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure, type FailureCode, isFailure } from '../../src/core/errors.ts';
import { failures } from '../../src/core/failures.ts';

const codes = Object.keys(failures) as FailureCode[];

describe('every failure', () => {
  test.each(codes)('%s fills each place of its sentence', (code) => {
    const [kind, sentence] = failures[code];
    const places = [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const details = Object.fromEntries(places.map((name) => [name, `<${name}>`]));
    const failure = new Failure(code, details as never);
    for (const name of places) expect(failure.message).toContain(`<${name}>`);
    expect(failure.message).not.toMatch(/[{}]|undefined/);
    expect(failure).toMatchObject({ name: 'Failure', code, kind, details });
  });

  test.each(codes)('%s has a place for nothing but names', (code) => {
    expect(failures[code][1].replaceAll(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
  });

  test.each(codes)('%s is thrown somewhere', (code) => {
    expect(sources.includes(`'${code}'`)).toBe(true);
  });
});

test('a failure keeps its cause, and has none when there is none', () => {
  const cause = new Error('the disk is full');
  expect(new Failure('run.missing', { id: 'x' }, cause).cause).toBe(cause);
  expect('cause' in new Failure('run.missing', { id: 'x' })).toBe(false);
});

test('a failure is recognised by its code', () => {
  const failure = new Failure('run.missing', { id: 'x' });
  expect(isFailure(failure, 'run.missing')).toBe(true);
  expect(isFailure(failure, 'run.finished')).toBe(false);
  expect(isFailure(new Error('run.missing'), 'run.missing')).toBe(false);
});

/** All sources but the table itself. */
const sources = ['src', 'jobs', 'config', 'workers'].flatMap(readAll).join('\n');

function readAll(folder: string): string[] {
  const root = join(import.meta.dirname, '../..', folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== join('core', 'errors.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'));
}
