import { html, type Markup } from './markup.ts';

const mostShown = 100_000;

/** A value as JSON; of a large one the beginning. */
export function renderValue(value: unknown): Markup {
  if (value === null || value === undefined) return html`<p class="none">Nothing.</p>`;
  const text = JSON.stringify(value, null, 2);
  const cut = text.length > mostShown;
  return html`<pre tabindex="0"><code>${text.slice(0, mostShown)}</code></pre>${
    cut &&
    html`<p class="hint">The first ${mostShown} of ${text.length} characters; the API has the whole.</p>`
  }`;
}

/** What stands in the place of what the reader may not see. */
export function renderHidden(): Markup {
  return html`<p class="none">Hidden: it takes the permission <code>payload:reveal</code> to see it.</p>`;
}
