import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** A real browser, with one page open; disposing ends it. */
export interface TestBrowser extends AsyncDisposable {
  readonly page: Page;
  /** What its console complained of: errors of scripts, files that are not there, what the CSP forbade. */
  readonly complaints: string[];
  /** A picture of the whole page, in the folder of `NIGHTSHIFT_SHOTS`; without it none is taken. */
  shoot(name: string): Promise<void>;
}

const program = '/usr/bin/chromium';

/** Opens Debian's Chromium; where it is not installed, the error says how it is. */
export async function openBrowser(options: BrowserContextOptions = {}): Promise<TestBrowser> {
  if (!existsSync(program))
    throw new Error(`There is no ${program}: apt-get install -y --no-install-recommends chromium`);
  const browser = await chromium.launch({
    executablePath: program,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'it failed';
    // Whoever goes on to another page waits for no more of this one.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${reason}`);
  });
  return {
    page,
    complaints,
    async shoot(name) {
      const folder = process.env['NIGHTSHIFT_SHOTS'];
      if (folder === undefined) return;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
