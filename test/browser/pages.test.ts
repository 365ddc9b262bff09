import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../src/core/job.ts';
import { findRun } from '../../src/ledger/index.ts';
import { openTestApi, type TestApi } from '../support/api.ts';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { openDoor } from '../support/door.ts';
import { makeKey } from '../support/keys.ts';
import { until } from '../support/until.ts';

const payload = z.object({ mailbox: z.string().default('sample'), children: z.int().default(0) });

const triage = defineJob({
  name: 'mail-triage',
  summary: 'Sorts mail.',
  payload,
  result: z.object({ read: z.int(), labelled: z.record(z.string(), z.int()) }),
  async run(ctx, { mailbox, children }) {
    ctx.log.info('reading', { mailbox });
    const read = await ctx.step('read', () => Promise.resolve(129));
    for (let i = 0; i < children; i++) await ctx.enqueue('digest', {});
    ctx.log.warn('12 mails have something broken in them');
    return { read, labelled: { 'to-reply': 22, fyi: 34 } };
  },
});
const digest = defineJob({
  name: 'digest',
  summary: 'Fails.',
  payload: z.object({}),
  retry: { attempts: 2, backoff: 'fixed', from: '10ms', jitter: 0 },
  run: () => Promise.reject(new Error('the feed <b>https://example.com/feed</b> answered 500')),
});

let api: TestApi;
let url: string;
let secret: string;
const runs: string[] = [];
beforeAll(async () => {
  api = await openTestApi('cluster', [triage, digest], { isLocal: false, door: openDoor() });
  url = new URL(await api.listen()).origin;
  secret = (await makeKey(api.runtime.database, { name: 'ada', role: 'operator' })).secret;
  const worker = await api.runtime.work();
  const { enqueuer } = api.runtime;
  runs.push(await enqueuer.enqueue('mail-triage', { children: 3 }));
  for (let i = 0; i < 6; i++) runs.push(await enqueuer.enqueue('mail-triage', {}));
  for (let i = 0; i < 3; i++) runs.push(await enqueuer.enqueue('digest', {}));
  for (const id of runs) await api.ended(id);
  await until(async () => {
    const open = await api.runtime.database.query(
      `select from nightshift.runs where finished_at is null`,
    );
    return open.length === 0;
  });
  await worker.stop(0);
});
afterAll(() => api[Symbol.asyncDispose]());

async function signIn({ page }: TestBrowser, at = '/'): Promise<void> {
  await page.goto(`${url}${at}`);
  await page.getByLabel('API key').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

const enqueueLater = () => api.runtime.enqueuer.enqueue('mail-triage', {}, { delayMs: 3_600_000 });

test('somebody signs in with a key, by the keyboard alone, finds a run, and signs out', async () => {
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await page.goto(`${url}/?job=mail-triage`);
  expect(await page.title()).toBe('Sign in · Nightshift');
  await page.keyboard.type('nsk_wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('There is no such key');
  // What the browser says of a page that was answered 401.
  expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  await page.keyboard.type(secret);
  await page.keyboard.press('Enter');
  await page.getByRole('table').waitFor();
  expect(new URL(page.url()).search).toBe('?job=mail-triage');
  for (const landmark of ['banner', 'navigation', 'main', 'search'] as const)
    expect(await page.getByRole(landmark).count()).toBeGreaterThan(0);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
  await page.getByLabel('State').selectOption('succeeded');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('link', { name: runs[0]! }).click();
  await page.getByRole('heading', { name: 'mail-triage', level: 1 }).waitFor();
  expect(await page.getByRole('main').textContent()).toContain('12 mails have something broken');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  await page.goto(`${url}/runs/${runs[0]}`);
  await page.getByLabel('API key').waitFor();
  expect(complaints).toEqual([]);
});

test.each([true, false])(
  'a run is cancelled on its page, and a failed one retried, with JavaScript: %s',
  async (javaScriptEnabled) => {
    const id = await enqueueLater();
    const failed = runs.pop()!;
    await using browser = await openBrowser({ javaScriptEnabled });
    const { page, complaints } = browser;
    await signIn(browser, `/runs/${id}`);
    await page.getByLabel('Why it is cancelled').fill('sent twice');
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await page.getByText('sent twice').first().waitFor();
    expect((await api.ended(id)).state).toBe('cancelled');
    await page.goto(`${url}/runs/${failed}`);
    await page.getByRole('button', { name: 'Retry the run' }).click();
    await page.getByText('queued', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  },
);

test('a link of another site leads to a page, and a form of another site changes nothing', async () => {
  const id = await enqueueLater();
  await using browser = await openBrowser();
  const { page } = browser;
  await signIn(browser);
  await page.goto('data:text/html,<p>a mail</p>');
  await page.setContent(`<a href="${url}/runs/${id}">the run</a>`);
  await page.getByRole('link').click();
  await page.getByRole('button', { name: 'Cancel the run' }).waitFor();
  await page.goto('data:text/html,<p>a trap</p>');
  await page.setContent(
    `<form method="post" action="${url}/runs/${id}/cancel"><button>Win a prize</button></form>`,
  );
  await page.getByRole('button').click();
  await page.waitForURL(`${url}/**`);
  const { state } = await findRun(api.runtime.database, id);
  expect(state).toBe('queued');
});

test('Bull Board shows a job, its run, and the way to the page of the run', async () => {
  const id = await enqueueLater();
  await using browser = await openBrowser({ viewport: { width: 1280, height: 800 } });
  const { page, complaints } = browser;
  await signIn(browser);
  await page.goto(`${url}/queues`);
  await page.getByRole('link', { name: 'mail-triage' }).first().click();
  await page.getByText(`/runs/${id}`).waitFor();
  await browser.shoot('board-queue');
  for (const word of ['Retry', 'Pause', 'Clean', 'Promote', 'Add job'])
    expect(await page.getByRole('button', { name: word }).count()).toBe(0);
  // Every part of its page that a reader can open.
  for (const tab of ['Progress', 'Options', 'Logs', 'Error', 'Data'])
    await page.getByText(tab, { exact: true }).first().click({ timeout: 3000 });
  await page.getByRole('button', { name: 'Queue info' }).click();
  await page.keyboard.press('Escape');
  await page.goto(`${url}/queues`);
  await page.getByRole('link', { name: 'mail-triage' }).first().waitFor();
  await browser.shoot('board');
  await page.goto(`${url}/queues/queue/mail-triage`);
  const opened = page.context().waitForEvent('page');
  const way = page.locator(`a[href="/runs/${id}"]`).first();
  await way.waitFor();
  expect(await way.getAttribute('target')).toBe('_blank');
  await way.click();
  const other = await opened;
  await other.getByRole('heading', { name: 'mail-triage', level: 1 }).waitFor();
  expect(complaints).toEqual([]);
});

describe.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('%s, %i px wide', (colorScheme, width) => {
  test('nothing of a page is out of reach', async () => {
    const waiting = await enqueueLater();
    await using browser = await openBrowser({ colorScheme, viewport: { width, height: 844 } });
    const { page, complaints } = browser;
    const shown = {
      list: '/',
      run: `/runs/${runs[0]}`,
      failed: '/?state=failed',
      waiting: `/runs/${waiting}`,
    };
    await page.goto(`${url}/login`);
    await browser.shoot(`login-${colorScheme}-${width}`);
    await signIn(browser);
    for (const [name, path] of Object.entries(shown)) {
      await page.goto(`${url}${path}`);
      await browser.shoot(`${name}-${colorScheme}-${width}`);
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect([name, wide]).toEqual([name, 0]);
    }
    await page.getByRole('button', { name: 'Cancel the run' }).focus();
    expect(complaints).toEqual([]);
    await page.goto(`${url}/runs/${runs[0]!.replace(/.$/, '0')}`);
    await browser.shoot(`missing-${colorScheme}-${width}`);
  });
});
