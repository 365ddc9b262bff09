import { expect, test } from 'vitest';
import type { DutyRow } from '../../src/control/index.ts';
import { openTestInstallation } from '../support/installation.ts';
import { until } from '../support/until.ts';

interface ShownQueue {
  readonly job: string;
  readonly paused: boolean;
  readonly reason: string | null;
  readonly counts: { readonly waiting: number };
}

const patience = { timeoutMs: 60_000, everyMs: 500 };
const names = [
  'artifacts',
  'audit-retention',
  'bulk-actions',
  'expiry',
  'gates',
  'hook-log',
  'idempotency-keys',
  'missed-firings',
  'partitions',
  'rescue',
  'retention',
  'timers',
  'unique-keys',
  'unknown-jobs',
  'wakes',
  'workers',
];

test('everybody sees what the control plane does, and that it is gone', async () => {
  await using installation = await openTestInstallation('postgres');
  expect((await installation.command('duties')).output).toMatch(/No duties yet/);
  expect((await installation.command('doctor')).output).toMatch(/duties +none has ever run/);
  await installation.start();
  const duties = await until(async () => {
    const found = await installation.ask<DutyRow[]>('duties');
    return found.length === names.length && found.every(({ endedAt }) => endedAt)
      ? found
      : undefined;
  }, patience);
  expect(duties.map(({ name, late, failures, error }) => [name, late, failures, error])).toEqual(
    names.map((name) => [name, false, 0, null]),
  );
  expect(duties.find(({ name }) => name === 'rescue')).toMatchObject({
    answer: { orphans: 0, lost: 0 },
    periodSeconds: 5,
  });
  expect((await installation.command('duties')).output).toMatch(/rescue +5 s +.* fine/);
  expect((await installation.command('doctor')).output).toMatch(/duties +.*rescue.* on time/);
  await installation.stop();
  await installation.look((database) =>
    database.query(
      `update nightshift.duties set due_at = now() - interval '16 seconds' where name = 'rescue'`,
    ),
  );
  expect((await installation.command('duties')).output).toMatch(/rescue +5 s +.* late/);
  expect((await installation.command('doctor')).output).toMatch(/duties +rescue is late/);
}, 180_000);

test('a job that is paused through the API waits, and goes on when it is resumed', async () => {
  await using installation = await openTestInstallation('cluster');
  await installation.start();
  const api = await installation.openApi();
  try {
    const paused = await api.post<ShownQueue>('/queues/mail-triage/pause', { reason: 'a test' });
    expect(paused).toMatchObject({ job: 'mail-triage', paused: true, reason: 'a test' });
    const { id } = await api.post<{ id: string }>('/runs', {
      job: 'mail-triage',
      payload: { mailbox: installation.folder },
    });
    const queue = await until(async () => {
      const { queues } = await api.get<{ queues: ShownQueue[] }>('/queues');
      return queues.find(({ job, counts }) => job === 'mail-triage' && counts.waiting > 0);
    }, patience);
    expect(queue.paused).toBe(true);
    expect(await api.get(`/runs/${id}`)).toMatchObject({ state: 'queued' });
    expect(await api.post('/queues/mail-triage/resume')).toMatchObject({ paused: false });
    await until(
      async () => (await api.get<{ state: string }>(`/runs/${id}`)).state !== 'queued',
      patience,
    );
    await expect(api.post('/queues/nothing/pause')).rejects.toThrow(/no job "nothing"/);
  } finally {
    await api.close();
  }
}, 180_000);
