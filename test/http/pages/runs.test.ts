import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../src/core/job.ts';
import { openTestApi, type TestApi } from '../../support/api.ts';
import { openDoor } from '../../support/door.ts';
import { jobOf } from '../../support/runtime.ts';
import { until } from '../../support/until.ts';
import { openVisitor, type Visitor } from '../../support/visitor.ts';

const hostile = `</code></pre><script>alert(1)</script><img src=x onerror="alert(1)">'"&`;
const later = { delayMs: 3_600_000 };

const talks = jobOf('talks', async (ctx, payload) => {
  ctx.log.info(hostile, { [hostile]: hostile });
  await ctx.step(`step ${hostile}`, () => Promise.resolve({ hostile }));
  const { fails } = payload as { fails?: boolean };
  if (fails) throw new Error(hostile);
  return { said: hostile };
});
const chatty = jobOf('chatty', (ctx) => {
  for (let i = 0; i < 510; i++) ctx.log.info(`line ${i}.`);
  return Promise.resolve();
});
const parent = jobOf('parent', async (ctx) => {
  await ctx.enqueue('talks', {});
  await ctx.enqueue('idle', {});
});
const idle = defineJob({
  name: 'idle',
  summary: 'Waits.',
  payload: z.object({ mailbox: z.string().optional() }),
  run: () => Promise.resolve(),
});

let api: TestApi;
let url: string;
let admin: Visitor;
let operator: Visitor;
let narrow: Visitor;
beforeAll(async () => {
  const jobs = [talks, chatty, parent, idle];
  api = await openTestApi('postgres', jobs, { isLocal: false, door: openDoor() });
  url = new URL(await api.listen()).origin;
  const visitors = [{}, { role: 'operator' }, { jobs: ['parent', 'idle'] }].map(async (wish) => {
    const visitor = openVisitor(url);
    await visitor.signIn(api.runtime, wish);
    return visitor;
  });
  [admin, operator, narrow] = (await Promise.all(visitors)) as [Visitor, Visitor, Visitor];
});
afterAll(() => api[Symbol.asyncDispose]());

/** Runs `job` to its end, by a worker that is there for it alone. */
async function finish(job: string, payload: unknown): Promise<string> {
  const id = await api.runtime.enqueuer.enqueue(job, payload);
  const worker = await api.runtime.work();
  await api.ended(id);
  await until(async () => {
    const open = await api.runtime.database.query(
      `select from nightshift.runs where finished_at is null and run_at <= now()`,
    );
    return open.length === 0;
  });
  await worker.stop(1000);
  return id;
}

/** Anything of a page that a browser would run, load from elsewhere, or style in place. */
const active =
  /<(script|style|iframe)|<img(?! src="\/console\/icon.svg")|<[^>]*( style=| on\w+=|javascript:)/;

describe('an installation without a run', () => {
  test('says how the first is enqueued', async () => {
    const { text } = await admin.get('/');
    expect(text).toContain('No run yet.');
    expect(text).toContain('npm run nightshift -- enqueue talks --payload');
  });
});

describe('the list of runs', () => {
  let ids: string[];
  beforeAll(async () => {
    await finish('talks', { fails: true });
    ids = [];
    for (let i = 0; i < 60; i++) ids.unshift(await api.runtime.enqueuer.enqueue('idle', {}, later));
  });
  const idsIn = (text: string) =>
    [...text.matchAll(/<a href="\/runs\/([\da-f-]{36})"><code>/g)].map(([, id]) => id);

  test('shows the newest first, a page at a time, without a gap', async () => {
    const first = await admin.get('/?job=idle');
    const next = /rel="next" href="([^"]+)"/.exec(first.text)![1]!.replaceAll('&#38;', '&');
    const second = await admin.get(next);
    expect([...idsIn(first.text), ...idsIn(second.text)]).toEqual(ids);
    expect(idsIn(first.text)).toHaveLength(50);
    expect(second.text).toContain('>Newest</a>');
    expect(second.text).not.toContain('rel="next"');
  });

  test('is narrowed to a job and a state, and what a form leaves empty does not matter', async () => {
    const failed = await admin.get('/?job=&state=failed&cursor=');
    expect(idsIn(failed.text)).toHaveLength(1);
    expect(failed.text).toContain('<option selected>failed</option>');
    expect((await admin.get('/?job=chatty')).text).toContain('No run is like this.');
    expect((await admin.get('/?job=unheard-of')).text).toContain('<option selected>unheard-of');
  });

  test('tells when, in what state, after how many attempts, how long and why', async () => {
    const { text } = await admin.get('/?state=failed');
    expect(text).toMatch(
      /<time datetime="\S+Z" title="\S+ ago">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
    );
    expect(text).toContain('<span class="state failed">failed</span>');
    expect(text).toMatch(/data-label="Attempts">1</);
    expect(text).toMatch(/data-label="Took">\d+ms</);
    expect(text).toContain('&#60;/code&#62;');
    expect(text).not.toMatch(active);
  });

  test.each([
    '?state=gone',
    '?job=A%20b',
    '?cursor=x',
    '?nothing=1',
    '?parent=x',
    '?state=failed&state=active',
  ])('says what is wrong with %s', async (query) => {
    const { status, text, headers } = await admin.get(`/${query}`);
    expect([status, headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    expect(text).toContain('<a href="/">All runs</a>');
  });

  test('has only runs of its jobs for a key that is limited to jobs', async () => {
    const { text } = await narrow.get('/?state=failed');
    expect(idsIn(text)).toEqual([]);
    expect((await narrow.get('/')).text).not.toContain('<option>talks</option>');
    expect(idsIn((await narrow.get('/?job=idle')).text)).toHaveLength(50);
  });
});

describe('the page of a run', () => {
  let done: string;
  let failed: string;
  beforeAll(async () => {
    done = await finish('talks', { [hostile]: hostile });
    failed = await finish('talks', { fails: true });
  });

  test('shows payload, result, steps and log as they are, and none of it is more than text', async () => {
    const { status, text } = await admin.get(`/runs/${done}`);
    expect(status).toBe(200);
    expect(text).not.toMatch(active);
    // In the payload twice, the result, the name of the step and its result, the line and its data twice.
    expect(text.split('alert(1)&#60;/script&#62;')).toHaveLength(9);
  });

  test('shows the attempts with their errors', async () => {
    const { text } = await admin.get(`/runs/${failed}`);
    expect(text).not.toMatch(active);
    expect(text).toContain('<li value="1">');
    expect(text).toContain('<b>Error</b>');
    expect(text).toContain('<summary>Stack</summary>');
    expect(text).toMatch(/href="\/\?fingerprint=[\da-f]{16}"/);
  });

  test('hides payloads and results from who may not see them, and says so', async () => {
    const { text } = await operator.get(`/runs/${done}`);
    const sections = text
      .split('<section')
      .filter((part) => /id="(payload|result|steps)"/.test(part));
    expect(sections).toHaveLength(3);
    for (const section of sections.slice(0, 2)) {
      expect(section).toContain('payload:reveal');
      expect(section).not.toContain('alert(1)');
    }
    expect(sections[2]).not.toContain('<summary>Result');
  });

  test('has a long log in parts', async () => {
    const id = await finish('chatty', {});
    const first = (await admin.get(`/runs/${id}`)).text;
    expect([first.includes('line 499.'), first.includes('line 500.')]).toEqual([true, false]);
    const more = new RegExp(`href="(/runs/${id}\\?after=\\d+)#log"`).exec(first)![1]!;
    const second = (await admin.get(more)).text;
    expect([second.includes('line 499.'), second.includes('line 500.')]).toEqual([false, true]);
    expect(second).toContain('line 509.');
  });

  test('leads to parent and children, of its own jobs only', async () => {
    const id = await finish('parent', {});
    const { text } = await admin.get(`/runs/${id}`);
    const child = /href="\/runs\/([\da-f-]+)">talks/.exec(text)![1]!;
    expect((await admin.get(`/runs/${child}`)).text).toContain(`Child of <a href="/runs/${id}">`);
    const limited = await narrow.get(`/runs/${id}`);
    expect(limited.text).toContain('>idle <code>');
    expect(limited.text).not.toContain(`href="/runs/${child}"`);
    expect((await narrow.get(`/runs/${child}`)).status).toBe(404);
  });

  test.each([
    '/runs/018f0000-0000-7000-8000-000000000000',
    '/runs/nothing',
    '/runs/%3Cscript%3E',
    '/settings/%3Cscript%3E?<script>',
  ])('that is not there is a page, too: %s', async (path) => {
    const { status, text, headers } = await admin.get(path);
    expect([400, 404]).toContain(status);
    expect(headers.get('content-type')).toContain('text/html');
    expect(text).toContain('<a href="/">All runs</a>');
    expect(text).not.toMatch(active);
  });
});

describe('buttons', () => {
  test('cancel a run that has not ended, with a reason, and lead back to its page', async () => {
    const id = await api.runtime.enqueuer.enqueue('idle', {}, later);
    expect((await operator.get(`/runs/${id}`)).text).toContain(`action="/runs/${id}/cancel"`);
    const answer = await operator.post(`/runs/${id}/cancel`, { reason: `no <b>longer</b>` });
    expect(answer).toMatchObject({ status: 303, location: `/runs/${id}` });
    const { text } = await operator.get(`/runs/${id}`);
    expect(text).toContain('<span class="state cancelled">cancelled</span>');
    expect(text).toContain('no &#60;b&#62;longer');
    const again = await operator.post(`/runs/${id}/cancel`);
    expect(again.status).toBe(409);
    expect(again.text).toContain('has already cancelled');
    expect(again.text).toContain(`<a href="/runs/${id}">Back to the run</a>`);
  });

  test('retry a run that has ended badly', async () => {
    const id = await finish('talks', { fails: true });
    expect((await operator.get(`/runs/${id}`)).text).toContain(`action="/runs/${id}/retry"`);
    expect((await operator.post(`/runs/${id}/retry`)).status).toBe(303);
    const { text } = await operator.get(`/runs/${id}`);
    expect(text).toContain('<span class="state queued">queued</span>');
    expect(text).not.toContain(`action="/runs/${id}/retry"`);
  });

  test('do nothing to runs of jobs that a key is not for', async () => {
    const id = await api.runtime.enqueuer.enqueue('talks', {}, later);
    expect((await narrow.post(`/runs/${id}/cancel`)).status).toBe(404);
    expect((await narrow.post(`/runs/${id}/retry`)).status).toBe(404);
  });
});

test('pages are the same without JavaScript: nothing in them asks for it', async () => {
  for (const path of ['/', '/login', '/runs/nothing']) {
    const { text, headers } = await admin.get(path);
    expect(text).not.toMatch(active);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
  }
  const style = await admin.get('/console/style.css');
  expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect((await admin.get('/console/icon.svg')).headers.get('content-type')).toBe('image/svg+xml');
});

test('nothing of all this was a bug', () => {
  expect(api.runtime.errors).toEqual([]);
});
