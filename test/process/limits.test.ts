import { describe, expect, test } from 'vitest';
import { ask as askWith, urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const fixture = new URL('fixtures/limits.ts', import.meta.url).pathname;
const settings = {
  NIGHTSHIFT_DATABASE_CONNECTIONS: '8',
  NIGHTSHIFT_DETECTION: '3s',
  NIGHTSHIFT_HEARTBEAT: '1s',
};

type Query = <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** The most attempts of a job, or of one key of it, that were at work at one moment. */
async function findMostAtOnce(query: Query, job: string, sameKey: boolean): Promise<number> {
  const [row] = await query<{ most: number }>(
    `select max((select count(*) from public.spans b
       where b.job = a.job and b.began <= a.began and coalesce(b.ended, b.began) >= a.began
         and (not $2 or b.who = a.who)))::int as most
     from public.spans a where a.job = $1 and a.ended is not null`,
    [job, sameKey],
  );
  return row!.most;
}

const hows = ['end', 'end', 'fail', 'end', 'snooze', 'end'];

describe.concurrent.each(['postgres', 'cluster'] as const)('on %s', (footprint) => {
  test('limits hold over three workers, whatever ends the runs, and all of them end', async () => {
    await using installation = await openTestInstallation(footprint, settings);
    const query: Query = <Row>(text: string, values: readonly unknown[] = []) =>
      installation.look((database) => database.query<Row>(text, values));
    const mostAtOnce = (job: string, sameKey: boolean) => findMostAtOnce(query, job, sameKey);
    await query(`create table public.spans (run uuid, attempt int, job text, who text, began timestamptz,
      ended timestamptz, primary key (run, attempt))`);
    const kinds = ['web', 'control', 'general', 'general', 'general'];
    const [web] = (await Promise.all(
      kinds.map((kind) => installation.launch(fixture, [kind])),
    )) as [TestProcess];
    const url = `${await urlOf(web)}/api/v1`;
    const key = await installation.key();
    const ask = <T>(path: string, body?: unknown) => askWith<T>(`${url}${path}`, body, key);
    const enqueue = async (job: string, payload: object) =>
      (await ask<{ id: string }>(`/runs`, { job, payload })).body.id;
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        enqueue(n % 2 ? 'pair' : 'tenant', {
          who: 'abc'[n % 3],
          how: n === 20 || n === 21 ? 'die' : hows[n % hows.length],
        }),
      ),
    );
    // One that was just blocked may be on its way when it is looked at.
    const heldBack = await until(async () => {
      const { body } = await ask<{ runs: { id: string }[] }>(`/runs?state=blocked&job=pair`);
      return (await ask<{ heldBack: string }>(`/runs/${body.runs[0]?.id}`)).body.heldBack;
    });
    expect(heldBack).toMatch(/of the job, \d of at most 2|others go before it|on its way/);
    const { queues } = (await ask<{ queues: { job: string; gate: object | null }[] }>(`/queues`))
      .body;
    expect(queues.find(({ job }) => job === 'pair')?.gate).toMatchObject({
      total: 2,
      rateMax: null,
    });
    expect(queues.find(({ job }) => job === 'mail-triage')?.gate).toBeNull();
    for (const id of ids.slice(50, 54)) await ask(`/runs/${id}/cancel`, {});
    await until(
      async () =>
        (await query(`select from nightshift.runs where finished_at is null`)).length === 0,
      { timeoutMs: 120_000, everyMs: 200 },
    );
    const states = await query<{ state: string; runs: number }>(
      `select state, count(*)::int as runs from nightshift.runs group by 1 order by 1`,
    );
    const cancelled = states.find(({ state }) => state === 'cancelled')?.runs ?? 0;
    expect(cancelled).toBeLessThanOrEqual(4);
    expect(states.find(({ state }) => state === 'succeeded')?.runs).toBe(60 - cancelled);
    expect(await mostAtOnce('pair', false)).toBe(2);
    expect(await mostAtOnce('tenant', true)).toBe(1);
    expect(await mostAtOnce('tenant', false)).toBeGreaterThan(1);
    await until(async () => (await query('select from nightshift.gated')).length === 0);
  }, 240_000);
});
