import { type Reader, renderPage } from './layout.ts';
import { html } from './markup.ts';

export interface ProblemPage {
  readonly reader?: Reader | undefined;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** Where the reader may go on, and what is there. */
  readonly back: { readonly path: string; readonly name: string };
}

/** What went wrong, for people: the same sentence that programs get. */
export function renderProblem({ reader, status, detail, code, back }: ProblemPage): string {
  const title = titles[status] ?? (status < 500 ? 'This cannot be done' : 'Something went wrong');
  const content = html`<div class="problem"><h1>${title}</h1><p>${detail}</p>
<p><a href="${back.path}">${back.name}</a></p><p class="hint">${status} · <code>${code}</code></p></div>`;
  return renderPage({ title, reader, content });
}

const titles: Readonly<Record<number, string>> = {
  403: 'This is not allowed',
  404: 'There is nothing here',
  409: 'It has changed meanwhile',
  429: 'Too many requests',
  503: 'A server is away',
};
