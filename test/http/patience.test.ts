import { expect, test } from 'vitest';
import { revokeKey } from '../../src/auth/index.ts';
import { localOperator } from '../../src/core/actor.ts';
import { openTestApi } from '../support/api.ts';
import { openDoor } from '../support/door.ts';
import { makeKey } from '../support/keys.ts';
import { jobOf } from '../support/runtime.ts';

const jobs = [jobOf('plain', () => Promise.resolve())];
const asJson = { 'content-type': 'application/json' };

test('a request whose handler takes too long is answered all the same, with a body and without', async () => {
  await using api = await openTestApi('postgres', jobs, { door: openDoor({ handlerMs: 300 }) });
  const url = await api.listen();
  const body = JSON.stringify({ runs: [{ job: 'plain' }] });
  await api.runtime.database.transaction(async (tx) => {
    await tx.query('lock table nightshift.runs in access exclusive mode');
    const response = await fetch(`${url}/runs/batch`, { method: 'POST', headers: asJson, body });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'request.slow' });
    const listed = await fetch(`${url}/runs`);
    expect(listed.status).toBe(503);
    expect(await listed.json()).toMatchObject({ code: 'request.slow' });
  });
  const later = await fetch(`${url}/runs/batch`, { method: 'POST', headers: asJson, body });
  expect(later.status).toBe(202);
});

test('a stream of events ends soon after the key that it was opened with', async () => {
  await using api = await openTestApi('postgres', jobs, { streams: { heartbeatMs: 100 } });
  const { database, enqueuer, auth } = api.runtime;
  const url = await api.listen();
  const id = await enqueuer.enqueue('plain', {}, { delayMs: 600_000 });
  const { key, secret } = await makeKey(database, { role: 'viewer' });
  const stream = await fetch(`${url}/runs/${id}/events`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(stream.status).toBe(200);
  const text = stream.text();
  await revokeKey(database, key.id, { actor: localOperator, roles: auth.roles });
  expect(await text).toContain('event: state');
});
