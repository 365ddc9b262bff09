import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectEntries } from '../../../src/audit/index.ts';
import { openTestApi, type TestApi } from '../../support/api.ts';
import { openDoor } from '../../support/door.ts';
import { jobOf } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';
import { openVisitor } from '../../support/visitor.ts';

const later = { delayMs: 3_600_000 };

let api: TestApi;
let url: string;
beforeAll(async () => {
  const fails = jobOf('fails', () => Promise.reject(new Error('4111')));
  api = await openTestApi('postgres', [jobOf('digest', () => Promise.resolve()), fails], {
    isLocal: false,
    door: openDoor(),
  });
  url = new URL(await api.listen()).origin;
});
afterAll(() => api[Symbol.asyncDispose]());

/** What the log tells of a key, the oldest first. */
async function toldOf(name: string) {
  const entries = await selectEntries(api.runtime.database, { actor: name }, { limit: 100 });
  return entries.reverse().map(({ action, resource, ids }) => [action, resource, ids[0]]);
}

test('who signs in, looks at a payload, cancels, retries and signs out is written down', async () => {
  const id = await api.runtime.enqueuer.enqueue('digest', { a: 1 }, later);
  const visitor = openVisitor(url);
  const key = await visitor.signIn(api.runtime, { name: 'ada', role: 'developer' });
  await visitor.get('/');
  await visitor.get(`/runs/${id}`);
  await visitor.post(`/runs/${id}/cancel`, { reason: 'sent twice' });
  await visitor.post(`/runs/${id}/retry`);
  await visitor.post('/logout');
  expect(await toldOf('ada')).toEqual([
    ['session.opened', 'session', key.id],
    ['payload.revealed', 'run', id],
    ['run.cancelled', 'run', id],
    ['run.retried', 'run', id],
    ['session.ended', 'session', key.id],
  ]);
  expect(api.runtime.errors).toEqual([]);
});

test('a wrong key, a forged change and what a role may not are refusals, and no changes', async () => {
  const stranger = openVisitor(url);
  await stranger.post('/login', { key: `nsk_00000000_${'x'.repeat(43)}` });
  const id = await api.runtime.enqueuer.enqueue('digest', {}, later);
  const viewer = openVisitor(url);
  await viewer.signIn(api.runtime, { name: 'eve', role: 'viewer' });
  await viewer.post(`/runs/${id}/cancel`);
  await viewer.post(`/runs/${id}/cancel`, {}, { 'sec-fetch-site': 'cross-site' });
  await until(async () => (await toldOf('eve')).length >= 3);
  const told = await toldOf('eve');
  expect(told.slice(1).map(([action, , route]) => [action, route])).toEqual([
    ['request.refused', 'POST /runs/:id/cancel'],
    ['request.refused', 'POST /runs/:id/cancel'],
  ]);
  const strangers = await selectEntries(api.runtime.database, { actor: 'nobody' }, { limit: 10 });
  expect(strangers.map(({ details }) => details)).toContainEqual({ code: 'auth.key_unknown' });
});

test('a viewer sees what failed, and not the words of the job', async () => {
  const id = await api.runtime.enqueuer.enqueue('fails', {});
  await api.runtime.work();
  await api.ended(id);
  const viewer = openVisitor(url);
  await viewer.signIn(api.runtime, { role: 'viewer' });
  for (const path of ['/', `/runs/${id}`]) {
    const { text } = await viewer.get(path);
    expect(text).toContain('failed');
    expect(text).not.toContain('4111');
  }
  const operator = openVisitor(url);
  await operator.signIn(api.runtime, { role: 'operator' });
  expect((await operator.get(`/runs/${id}`)).text).toContain('4111');
});
