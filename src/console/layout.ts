import { type Content, html, type Markup } from './markup.ts';

/** Who looks at a page, as its head says. */
export interface Reader {
  readonly name: string;
  readonly role: string;
  /** False for whoever needs no session to end. */
  readonly hasSession: boolean;
}

export interface Page {
  readonly title: string;
  /** Absent: nobody is known, and there is nowhere to go. */
  readonly reader?: Reader | undefined;
  readonly content: Content;
}

/** A whole page: plain HTML, without a script or a style in it. */
export function renderPage({ title, reader, content }: Page): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · Nightshift</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="/console/icon.svg"><link rel="stylesheet" href="/console/style.css"></head>
<body><a class="skip" href="#content">To the content</a>
<header>${renderHead(reader)}</header>
<main id="content">${content}</main></body></html>
`;
  return page.text;
}

function renderHead(reader: Reader | undefined): Markup {
  const brand = html`<a class="brand" href="/"><img src="/console/icon.svg" alt="" width="22" height="22"> Nightshift</a>`;
  if (!reader) return brand;
  return html`${brand}
<nav aria-label="Main"><a href="/">Runs</a><a href="/queues">Queues</a><a href="/docs">API</a></nav>
<div class="reader"><span>${reader.name} <small>${reader.role}</small></span>${
    reader.hasSession && html`<form method="post" action="/logout"><button>Sign out</button></form>`
  }</div>`;
}
