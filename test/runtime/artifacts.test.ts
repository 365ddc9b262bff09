import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openFolderArchive } from '../../src/connectors/archive-fs/index.ts';
import type { Artifact } from '../../src/core/archive.ts';
import type { BaseContext } from '../../src/core/context.ts';
import { defineJob } from '../../src/core/job.ts';
import { findOldestRuns, ledgerMigrations, newId } from '../../src/ledger/index.ts';
import { artifactDuty, openArtifacts } from '../../src/runtime/index.ts';
import { openTestbed, runJob } from '../../src/testing/index.ts';
import { openTestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

const run = '019aa3a1-0000-7000-8000-000000000001'; // of November 2025
const owner = { run, attempt: 2 };
const large = { rows: Array.from({ length: 20_000 }, (_, n) => ({ n, text: `row ${n} “ü”` })) };

async function openKept(value: unknown = large, options = {}) {
  const folder = await temporaryFolder();
  const artifacts = openArtifacts({ archive: openFolderArchive(folder.path), ...options });
  const kept = (await artifacts.keep(owner, value)) as { result: unknown; artifact: Artifact };
  return {
    folder,
    artifacts,
    ...kept,
    path: kept.artifact && join(folder.path, kept.artifact.key),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe('a result', () => {
  test('that is small stays what it is, and nothing is written', async () => {
    await using kept = await openKept({ small: true });
    expect([kept.result, kept.artifact]).toEqual([{ small: true }, undefined]);
    expect(await readdir(kept.folder.path)).toEqual([]);
  });

  test('that is large goes to the archive, compressed, and comes back as it was', async () => {
    await using kept = await openKept();
    const json = JSON.stringify(large);
    expect(kept.result).toBeNull();
    expect(kept.artifact).toEqual({
      key: expect.stringMatching(
        new RegExp(`^runs/2025-11/${run}/2-result\\.json\\.zst$`),
      ) as string,
      bytes: Buffer.byteLength(json),
      sha256: expect.stringMatching(/^[\da-f]{64}$/) as string,
    });
    expect(await kept.artifacts.load(kept.artifact)).toEqual(large);
  });

  test('of exactly the limit stays, and of one byte more goes', async () => {
    const text = 'x'.repeat(1022);
    await using fits = await openKept(text, { resultInlineBytes: 1024 });
    await using exceeds = await openKept(`${text}x`, { resultInlineBytes: 1024 });
    expect(fits.result).toBe(text);
    expect(exceeds.artifact.bytes).toBe(1025);
  });

  test('that is larger than what is kept at all is refused, and nothing is written', async () => {
    const most = { resultMostBytes: 300_000 };
    await expect(openKept(large, most)).rejects.toMatchObject({
      code: 'result.too_large',
      message: expect.stringMatching(/^The result is \d+(\.\d)?kb of JSON, and 293kb/) as string,
    });
  });
});

describe('an artifact that is not what was stored is refused', () => {
  test('when it is gone', async () => {
    await using kept = await openKept();
    await kept.folder[Symbol.asyncDispose]();
    await expect(kept.artifacts.load(kept.artifact)).rejects.toMatchObject({
      code: 'artifact.missing',
    });
  });

  test('when it was cut', async () => {
    await using kept = await openKept();
    await truncate(kept.path, 100);
    await expect(kept.artifacts.load(kept.artifact)).rejects.toMatchObject({
      code: 'artifact.damaged',
    });
  });

  test('when it holds something else, even of the same length', async () => {
    await using kept = await openKept();
    const other = JSON.stringify(large).replace('row 7 ', 'row 8 ');
    await kept.artifacts.keep(owner, JSON.parse(other));
    await expect(kept.artifacts.load(kept.artifact)).rejects.toMatchObject({
      code: 'artifact.damaged',
      message: expect.stringContaining('its SHA-256 is another') as string,
    });
    await writeFile(kept.path, 'no zstd at all');
    await expect(kept.artifacts.load(kept.artifact)).rejects.toMatchObject({
      code: 'artifact.damaged',
    });
  });
});

describe('in a run', () => {
  const big = 'y'.repeat(300_000);

  test('a large result and a large step are what the handler made of them', async () => {
    const job = defineJob({
      name: 'large',
      summary: 'Returns much.',
      payload: z.object({}),
      result: z.object({ text: z.string() }),
      retry: { attempts: 2 },
      async run(ctx: BaseContext) {
        const text = await ctx.step('much', () => Promise.resolve(`${ctx.run.attempt}${big}`));
        const same = await ctx.transaction('more', () => Promise.resolve(text));
        if (ctx.run.attempt === 1) throw new Error('once more');
        return { text: same };
      },
    });
    const ended = await runJob(job, {});
    expect(ended).toMatchObject({ state: 'succeeded', attempts: 2, steps: ['much', 'more'] });
    expect(ended.result).toEqual({ text: `1${big}` });
  });

  test('a result that is too large fails it at once', async () => {
    await using testbed = await openTestbed().then((bed) => ({
      ...bed,
      [Symbol.asyncDispose]: () => bed.close(),
    }));
    const job = defineJob({
      name: 'too-large',
      summary: 'Returns far too much.',
      payload: z.object({}),
      result: z.string(),
      run: () => Promise.resolve('z'.repeat(101 * 1024 * 1024)),
    });
    expect(await testbed.runJob(job, {})).toMatchObject({
      state: 'failed',
      attempts: 1,
      error: { code: 'result.too_large' },
    });
  });
});

test('with the runs of an old partition go their artifacts, and those of attempts that were fenced', async () => {
  await using place = await openTestDatabase('postgres', ledgerMigrations);
  await using kept = await openKept();
  const { database } = place;
  const { artifacts } = kept;
  const young = await artifacts.keep({ run: newId(), attempt: 1, name: 's' }, large);
  await artifacts.keep({ run, attempt: 1, name: 'never recorded' }, large);
  const oldest = await findOldestRuns(database);
  expect(oldest!.getTime()).toBeLessThan(Date.now() - 7 * 86_400_000);
  expect(await artifactDuty({ database, artifacts }).run()).toEqual({ removed: 2 });
  expect(await artifactDuty({ database, artifacts }).run()).toEqual({ removed: 0 });
  await expect(artifacts.load(kept.artifact)).rejects.toMatchObject({ code: 'artifact.missing' });
  expect(await artifacts.load((young as { artifact: Artifact }).artifact)).toEqual(large);
});
