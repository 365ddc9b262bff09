import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutWords } from '../../../src/http/board/words.ts';
import { openTestApi, type TestApi } from '../../support/api.ts';
import { openDoor } from '../../support/door.ts';
import { footprints } from '../../support/footprint.ts';
import { jobOf } from '../../support/runtime.ts';
import { openVisitor, type Visitor } from '../../support/visitor.ts';

/** As much of Bull Board's answers as is looked at here. */
interface Shown {
  readonly queues: readonly {
    readonly name: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly readOnlyMode: boolean;
    readonly isPaused: boolean;
    readonly jobs: readonly ShownJob[];
  }[];
}
interface ShownJob {
  readonly id: string;
  readonly name: string;
  readonly data: { readonly runs?: readonly string[]; readonly more?: number };
  readonly progress: unknown;
  readonly externalUrl?: { readonly displayText: string; readonly href: string };
}

const later = { delayMs: 3_600_000 };
const secret = { card: '4111 1111 1111 1111' };

describe.each(footprints)('Bull Board on %s', (footprint) => {
  let api: TestApi;
  let admin: Visitor;
  let operator: Visitor;
  let narrow: Visitor;
  let viewer: Visitor;
  beforeAll(async () => {
    const jobs = [
      ...['mail-sort', 'digest', 'orders'].map((name) => jobOf(name, () => Promise.resolve())),
      jobOf('many', () => Promise.resolve(), { bundle: { max: 50 } }),
    ];
    api = await openTestApi(footprint, jobs, { isLocal: false, door: openDoor() });
    const url = new URL(await api.listen()).origin;
    const visitors = [{}, { role: 'operator' }, { jobs: ['mail-*'] }, { role: 'viewer' }].map(
      async (wish) => {
        const visitor = openVisitor(url);
        await visitor.signIn(api.runtime, wish);
        return visitor;
      },
    );
    [admin, operator, narrow, viewer] = (await Promise.all(visitors)) as [
      Visitor,
      Visitor,
      Visitor,
      Visitor,
    ];
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const json = { accept: 'application/json' };
  async function look(visitor: Visitor, queue = ''): Promise<Shown> {
    const query = `activeQueue=${queue}&status=latest&page=1&jobsPerPage=10`;
    const { status, text } = await visitor.get(`/queues/api/queues?${query}`, json);
    expect(status).toBe(200);
    return JSON.parse(text) as Shown;
  }
  const jobsIn = async (visitor: Visitor, queue: string) =>
    (await look(visitor, queue)).queues.find(({ name }) => name === queue)!.jobs;
  /** A job as another program adds it, past us. */
  const addForeign = (id: string, progress?: object) =>
    api.runtime.queues.inspect(['orders'], async (queues) => {
      const job = await queues.get('orders')!.add('paid', secret, { jobId: id });
      if (progress) await job.updateProgress(progress);
    });

  test('shows the queue of each job, with what lies in it', async () => {
    await api.runtime.enqueuer.enqueue('mail-sort', {}, later);
    const { queues } = await look(admin);
    expect(queues.map(({ name }) => name)).toEqual(['mail-sort', 'digest', 'orders', 'many']);
    expect(queues[0]).toMatchObject({ counts: { delayed: 1 }, readOnlyMode: true });
    const { status, text } = await admin.get('/queues');
    expect([status, text.includes('<base href="/queues/">')]).toEqual([200, true]);
  });

  test('shows the run that a delivery carries, and leads to its page', async () => {
    const id = await api.runtime.enqueuer.enqueue('digest', { text: 'a secret' }, later);
    const [shown] = await jobsIn(operator, 'digest');
    expect(shown).toMatchObject({
      name: 'digest',
      data: { runs: [`/runs/${id}`] },
      externalUrl: { displayText: 'Run', href: `/runs/${id}` },
    });
    expect((await operator.get(shown!.externalUrl!.href)).text).toContain(id);
    const alone = await operator.get(`/queues/api/queues/digest/${shown!.id}`, json);
    expect(JSON.parse(alone.text)).toMatchObject({ job: { id: shown!.id }, status: 'delayed' });
  });

  test('leads from a delivery of many runs to the list of them', async () => {
    const ids = await api.runtime.enqueuer.enqueueMany(
      'many',
      Array.from({ length: 30 }, () => ({})),
    );
    const [shown] = await jobsIn(operator, 'many');
    expect(shown!.data).toMatchObject({ more: 10 });
    expect(shown!.data.runs).toHaveLength(20);
    expect(shown!.externalUrl).toEqual({
      displayText: '30 runs',
      href: `/deliveries/many/${shown!.id}`,
    });
    const page = await operator.get(shown!.externalUrl!.href);
    expect(page.text).toContain('carries 30 runs');
    for (const id of ids) expect(page.text).toContain(`href="/runs/${id}"`);
    const gone = await operator.get('/deliveries/many/00000000-0000-4000-8000-000000000000');
    expect(gone.status).toBe(404);
    expect(gone.text).toContain('The queue of many has no delivery');
    expect((await operator.get('/deliveries/nothing/1')).status).toBe(404);
    expect((await narrow.get(shown!.externalUrl!.href)).status).toBe(403);
  });

  test('hides what other programs put into queues, which the page of its run shows', async () => {
    const run = '018f0000-0000-7000-8000-000000000000';
    await addForeign('order-1', { run });
    await addForeign('order-2', { card: 'half' });
    const shown = await jobsIn(admin, 'orders');
    const byId = new Map(shown.map((job) => [job.id, job]));
    expect(byId.get('order-1')).toMatchObject({
      data: { redacted: true },
      progress: { run },
      externalUrl: { href: `/runs/${run}` },
    });
    expect(byId.get('order-2')).toMatchObject({
      data: { redacted: true },
      progress: { redacted: true },
    });
    expect(byId.get('order-2')).not.toHaveProperty('externalUrl');
    const waiting = await operator.get('/deliveries/orders/order-2');
    expect(waiting.text).toContain('no worker has made a run of it yet');
    await api.runtime.queues.inspect(['orders'], async (queues) => {
      const opts = { name: 'again', data: secret };
      await queues.get('orders')!.upsertJobScheduler('nightly', { every: 86_400_000 }, opts);
    });
    for (const path of ['job-schedulers', 'queues/orders/order-1', 'queues/orders/order-1/flow'])
      expect((await admin.get(`/queues/api/${path}`, json)).text).not.toContain('4111');
  });

  test('shows why jobs of other programs failed to whoever may see what jobs write', async () => {
    await addForeign('order-3');
    await api.runtime.queues.inspect(['orders'], async (queues) => {
      const job = await queues.get('orders')!.getJob('order-3');
      await job!.log('card 4111');
    });
    const logs = '/queues/api/queues/orders/order-3/logs';
    expect((await operator.get(logs, json)).text).toContain('card 4111');
    expect((await viewer.get(logs, json)).text).toBe('["(redacted)"]');
    expect(
      withoutWords({ job: { id: '1', failedReason: 'no 4111', stacktrace: ['4111'] } }),
    ).toEqual({
      job: { id: '1', failedReason: '(redacted)', stacktrace: [] },
    });
  });

  test('shows a key that is limited to jobs the queues of those alone', async () => {
    await api.runtime.enqueuer.enqueue('digest', {}, later);
    const [hidden] = await jobsIn(admin, 'digest');
    const shown = await look(narrow, 'digest');
    expect(shown.queues.map(({ name }) => name)).toEqual(['mail-sort']);
    for (const path of ['', '/metrics', '/workers', `/${hidden!.id}`, `/${hidden!.id}/logs`])
      expect((await narrow.get(`/queues/api/queues/digest${path}`, json)).status).toBe(404);
    const schedulers = await narrow.get('/queues/api/job-schedulers', json);
    expect(JSON.parse(schedulers.text)).toEqual({ schedulers: [] });
    const other = await narrow.get('/queues/api/job-schedulers?queueName=orders', json);
    expect(JSON.parse(other.text)).toEqual({ schedulers: [] });
  });

  test('asks who comes for the permission to look at queues', async () => {
    const stranger = openVisitor(new URL(urlOf(api)).origin);
    expect((await stranger.get('/queues/api/queues', json)).status).toBe(401);
    expect((await stranger.get('/queues/static/images/logo.svg')).status).toBe(303);
  });

  const ours = { 'sec-fetch-site': 'same-origin' };
  test.each([
    ['PUT', '/queues/pause'],
    ['PUT', '/queues/resume'],
    ['PUT', '/queues/mail-sort/pause'],
    ['PUT', '/queues/mail-sort/empty'],
    ['PUT', '/queues/mail-sort/obliterate'],
    ['PUT', '/queues/mail-sort/promote'],
    ['PUT', '/queues/mail-sort/retry/failed'],
    ['PUT', '/queues/mail-sort/clean/delayed'],
    ['PUT', '/queues/mail-sort/concurrency'],
    ['POST', '/queues/mail-sort/add'],
    ['PUT', '/queues/mail-sort/some-id/clean'],
    ['PUT', '/queues/mail-sort/some-id/promote'],
    ['PATCH', '/queues/mail-sort/some-id/update-data'],
    ['PUT', '/queues/orders/job-schedulers/nightly/run'],
  ])('changes nothing, for an admin neither: %s %s', async (method, path) => {
    const before = JSON.stringify((await look(admin, 'mail-sort')).queues);
    const { cookie } = admin;
    const url = new URL(urlOf(api)).origin;
    const response = await fetch(`${url}/queues/api${path}`, {
      method,
      headers: { ...ours, cookie },
    });
    expect(response.status).toBe(405);
    expect(JSON.stringify((await look(admin, 'mail-sort')).queues)).toBe(before);
  });

  test.each([
    '/queues/api/nothing',
    '/queues/static/nothing.js',
    '/queues/static/..%2findex.ejs',
    '/queues/static/..%5cindex.ejs',
    '/queues/static/..%2f..%2fpackage.json',
  ])('has nothing at %s', async (path) => {
    const { status, text } = await admin.get(path, json);
    expect(status).toBe(404);
    expect(text).not.toContain('@bull-board');
  });

  test('is not thrown by what cannot be read', async () => {
    for (const query of ['activeQueue=%25', 'page=x', 'page=-1', 'jobsPerPage=1e9'])
      expect((await admin.get(`/queues/api/queues?${query}`, json)).status).toBeLessThan(500);
    expect((await admin.get('/queues/api/queues/%E0%A4%A/x', json)).status).toBe(400);
    const many = await admin.get('/queues/api/queues?activeQueue=digest&jobsPerPage=1000000', json);
    const { queues } = JSON.parse(many.text) as { queues: { pagination: unknown }[] };
    expect(queues[1]!.pagination).toMatchObject({ range: { start: 0, end: 99 } });
  });

  test('has its files from here, with their types', async () => {
    const { text } = await admin.get('/queues');
    const paths = [...text.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path);
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      const { status, headers } = await admin.get(`/queues/${path}`);
      const type = path!.endsWith('.css') ? 'text/css' : 'text/javascript';
      expect([status, headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
    }
    expect(text).not.toMatch(/https?:\/\//);
  });

  test('and nothing of all this was a bug', () => expect(api.runtime.errors).toEqual([]));
});

function urlOf({ server }: TestApi): string {
  return server.listeningOrigin;
}
