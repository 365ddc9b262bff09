import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { renderJobTypes } from '../../src/client/index.ts';

const root = join(import.meta.dirname, '../..');

const tree: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

const schemas = {
  scalars: z.object({
    text: z.string().describe('Any text, even */ this.'),
    at: z.iso.datetime(),
    whole: z.int().min(1).default(3),
    maybe: z.boolean().optional(),
    none: z.null(),
    'odd key': z.number().nullable(),
  }),
  choices: z.object({
    word: z.enum(['a', 'it’s', "it's"]),
    one: z.literal(7),
    either: z.union([z.string(), z.array(z.number())]),
    shape: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('circle'), radius: z.number() }),
      z.object({ kind: z.literal('square'), side: z.number() }),
    ]),
  }),
  lists: z.object({
    many: z.array(z.object({ a: z.string() })),
    choices: z.array(z.enum(['x', 'y'])),
    pair: z.tuple([z.string(), z.number()]),
    rest: z.tuple([z.string()]).rest(z.number()),
    counts: z.record(z.string(), z.int()),
    known: z.partialRecord(z.enum(['x', 'y']), z.boolean()),
  }),
  loose: z.looseObject({ a: z.string() }),
  empty: z.strictObject({}),
  anything: z.unknown(),
  nothing: z.void(),
  both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })),
  recursive: tree,
};

const jobs = Object.entries(schemas).map(([name, schema]) => {
  const payload = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const result = z.toJSONSchema(z.void(), { io: 'output', unrepresentable: 'any' });
  return { name, summary: `Takes ${name}.`, payload, result };
});

const wrongAndRight = `
import type { Jobs } from './jobs.ts';
const take = <Name extends keyof Jobs>(_: Name, payload: Jobs[Name]['payload']) => void payload;
take('scalars', { text: 'x', at: '2026', none: null, 'odd key': 1 });
take('scalars', { text: 'x', at: '2026', none: null, 'odd key': null, whole: 4, maybe: true });
// @ts-expect-error -- the text is missing
take('scalars', { at: '2026', none: null, 'odd key': 1 });
// @ts-expect-error -- a number is no text
take('scalars', { text: 1, at: '2026', none: null, 'odd key': 1 });
take('choices', { word: "it's", one: 7, either: [1], shape: { kind: 'circle', radius: 1 } });
// @ts-expect-error -- a circle has no side
take('choices', { word: 'a', one: 7, either: 'x', shape: { kind: 'circle', side: 1 } });
// @ts-expect-error -- there is no such word
take('choices', { word: 'b', one: 7, either: 'x', shape: { kind: 'circle', radius: 1 } });
take('lists', { many: [{ a: 'x' }], choices: ['x', 'y'], pair: ['a', 1], rest: ['a', 1, 2], counts: { z: 1 }, known: { x: true } });
// @ts-expect-error -- the pair is the wrong way round
take('lists', { many: [], choices: [], pair: [1, 'a'], rest: ['a'], counts: {}, known: {} });
// @ts-expect-error -- z is not known
take('lists', { many: [], choices: [], pair: ['a', 1], rest: ['a'], counts: {}, known: { z: true } });
take('loose', { a: 'x', b: 1 });
take('empty', {});
// @ts-expect-error -- it takes nothing
take('empty', { a: 1 });
take('anything', [1, 'x']);
take('both', { a: 'x', b: 'y' });
take('recursive', { name: 'a', children: [{ name: 'b', children: [] }] });
// @ts-expect-error -- the grandchild has no name
take('recursive', { name: 'a', children: [{ name: 'b', children: [{ children: [] }] }] });
`;

let folder: string;
beforeAll(async () => {
  await mkdir(join(root, 'tmp'), { recursive: true });
  folder = await mkdtemp(join(root, 'tmp/types-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the types take what the schemas take, and nothing else', async () => {
  await writeFile(join(folder, 'jobs.ts'), renderJobTypes(jobs));
  await writeFile(join(folder, 'use.ts'), wrongAndRight);
  const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const compiled = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
  expect(compiled).toBe('');
});

test('the same jobs give the same text, in whatever order they come', () => {
  expect(renderJobTypes([...jobs].reverse())).toBe(renderJobTypes(jobs));
  expect(renderJobTypes([])).toContain('export interface Jobs {}');
});

test('what people said of a field stands with it', () => {
  expect(renderJobTypes(jobs)).toContain('/** Any text, even * / this. */');
});
