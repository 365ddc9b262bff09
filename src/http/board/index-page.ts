import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UIConfig } from '@bull-board/api/dist/types.js';

/**
 * The page that Bull Board's scripts run in. Its own has styles in the page and fonts from another server, which our
 * CSP forbids: this one has its scripts and style sheets alone.
 */
export async function renderIndex(folder: string, config: UIConfig): Promise<string> {
  const own = await readFile(join(folder, 'index.ejs'), 'utf8');
  const styles = listMatches(own, /<link href="(static\/[\w./-]+\.css)"/g);
  const scripts = listMatches(own, /<script defer src="(static\/[\w./-]+\.js)"/g);
  // As data in a script: no text can end it.
  const data = JSON.stringify(config).replaceAll('<', String.raw`\u003c`);
  return `<!doctype html>
<html lang="en" dir="ltr"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<base href="/queues/"><title>${config.boardTitle}</title>
<link rel="icon" type="image/svg+xml" id="fav-logo" href="/console/icon.svg">
${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join('\n')}</head>
<body class="preload"><script id="__UI_CONFIG__" type="application/json">${data}</script>
<div id="root"></div><noscript>Bull Board needs JavaScript; <a href="/">the list of runs</a> does not.</noscript>
${scripts.map((path) => `<script defer src="${path}"></script>`).join('\n')}</body></html>`;
}

function listMatches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, path = '']) => path);
}
