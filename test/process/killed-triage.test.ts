import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/run.ts';
import type { Database } from '../../src/db/index.ts';
import { listPastAttempts, listSteps, type Step } from '../../src/ledger/index.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/folder.ts';
import { footprints } from '../support/footprint.ts';
import { openTestInstallation, type TestInstallation } from '../support/installation.ts';
import { generateMailbox } from '../support/mailbox.ts';
import { openChance } from '../support/seed.ts';
import { until } from '../support/until.ts';

const count = 2000;
const kills = 3;
const patientMs = 240_000;

const { seed, random } = openChance('killed triage');

/** What a run has put down for good. */
interface Kept {
  readonly steps: readonly Step[];
  /** Each stored mail with the transaction that wrote its row last: a second write would show. */
  readonly mails: readonly { key: string; run: string; settled: boolean; transaction: string }[];
}

async function readKept(database: Database, run: string): Promise<Kept> {
  return {
    steps: await listSteps(database, run),
    mails: await database.query(
      `select key, run_id as run, (data ? 'settled') as settled, xmin::text as transaction
       from nightshift.documents where kind = 'mail' order by key`,
    ),
  };
}

/** The progress in mails at which to kill: one moment in each third of the way from 5 % to 95 %. */
function chooseMoments(): number[] {
  const third = Math.floor((count * 0.9) / kills);
  return Array.from({ length: kills }, (_, i) => {
    const from = count * 0.05 + i * third;
    return random.between(from, from + third - 150);
  });
}

/** Kills the process once the run says that it is this far. */
async function killAt(moment: number, id: string, installation: TestInstallation): Promise<number> {
  const started = await installation.start();
  const api = await installation.openApi();
  const caught = await until(
    async () => {
      const run = await api.get<Run>(`/runs/${id}`);
      expect(['queued', 'active']).toContain(run.state);
      return run.state === 'active' && (run.progress?.done ?? 0) >= moment ? run : undefined;
    },
    { timeoutMs: patientMs, everyMs: 5 },
  );
  await sleep(random.between(0, 60)); // any moment of a batch, not always its beginning
  started.kill('SIGKILL');
  expect(await started.ended()).toBe('SIGKILL');
  await api.close();
  expect(caught.progress!.done).toBeLessThanOrEqual(count * 0.95);
  console.log(`killed at ${caught.progress!.done} of ${count} mails, in attempt ${caught.attempt}`);
  return caught.attempt;
}

describe.concurrent.each(footprints)('on the %s footprint', (footprint) => {
  let mails: TemporaryFolder;
  let installation: TestInstallation;
  beforeAll(async () => {
    mails = await temporaryFolder();
    generateMailbox(join(mails.path, 'inbox'), { seed, count });
    installation = await openTestInstallation(footprint, {
      NIGHTSHIFT_HEARTBEAT: '2s',
      NIGHTSHIFT_DETECTION: '6s',
      NIGHTSHIFT_LOG_LEVEL: 'info',
    });
  }, 120_000);
  afterAll(async () => {
    await installation[Symbol.asyncDispose]();
    await mails[Symbol.asyncDispose]();
  });

  test(`a triage of ${count} mails, killed ${kills} times, stores each mail once and repeats no step`, async () => {
    const payload = JSON.stringify({ mailbox: join(mails.path, 'inbox'), limit: count });
    const { id } = await installation.ask<{ id: string }>(
      'enqueue',
      'mail-triage',
      '--payload',
      payload,
    );
    const killed: { attempt: number; kept: Kept }[] = [];
    for (const moment of chooseMoments()) {
      const attempt = await killAt(moment, id, installation);
      killed.push({ attempt, kept: await installation.look((database) => readKept(database, id)) });
    }
    await installation.start();
    const api = await installation.openApi();
    const run = await until(
      async () => {
        const shown = await api.get<Run>(`/runs/${id}`);
        return shown.finishedAt ? shown : undefined;
      },
      { timeoutMs: patientMs },
    );
    expect(run).toMatchObject({
      state: 'succeeded',
      failures: 0,
      result: { read: count, known: 0, remaining: 0 },
    });

    const second = await installation.ask<Run>(
      'enqueue',
      'mail-triage',
      '--payload',
      payload,
      '--wait',
    );
    expect(second).toMatchObject({ state: 'succeeded', result: { read: 0, known: count } });
    await api.close();
    await installation.stop();

    const [end, attempts] = await installation.look(
      async (database) =>
        [await readKept(database, id), await listPastAttempts(database, id)] as const,
    );
    expect(end.mails).toHaveLength(count);
    expect(new Set(end.mails.map(({ key }) => key)).size).toBe(count);
    expect(end.mails.every((mail) => mail.run === id)).toBe(true);
    expect(end.steps).toHaveLength(1 + count / 50);
    expect(new Set(end.steps.map(({ name }) => name)).size).toBe(end.steps.length);

    // What was recorded at each death is there at the end, by the same attempt and transaction: it never ran
    // again. Only a later mail that settled a conversation may have written its earlier mails once more.
    const ends = new Map(end.mails.map((mail) => [mail.key, mail]));
    expect(end.mails.filter(({ settled }) => !settled).length).toBeGreaterThan(count / 2);
    for (const { attempt, kept } of killed) {
      expect(kept.steps.length).toBeGreaterThan(1);
      expect(end.steps).toEqual(expect.arrayContaining([...kept.steps]));
      const written = kept.mails.filter(
        ({ key, transaction }) => ends.get(key)?.transaction !== transaction,
      );
      expect(written.filter(({ key }) => !ends.get(key)?.settled)).toEqual([]);
      expect(attempts).toContainEqual(expect.objectContaining({ attempt, ending: 'lost' }));
    }
    expect(attempts.length).toBe(run.attempt - 1);
    expect(run.losses).toBe(attempts.length);
  }, 900_000);
});
