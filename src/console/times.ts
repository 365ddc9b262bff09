import { formatMs } from '../core/duration.ts';
import { html, type Markup } from './markup.ts';

/** A moment in UTC; how long ago it was, or is to come, is its title. */
export function renderTime(at: Date | null, now: Date): Markup {
  if (at === null) return html`<span class="none">–</span>`;
  const iso = at.toISOString();
  return html`<time datetime="${iso}" title="${relate(at, now)}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** `3m 20s ago`, or `in 2h`. */
function relate(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return ms >= 0 ? `${formatMs(ms)} ago` : `in ${formatMs(-ms)}`;
}

/** How long something took that began and ended then, or goes on. */
export function renderSpan(from: Date | null, to: Date | null, now: Date): Markup {
  if (from === null) return html`<span class="none">–</span>`;
  const ms = Math.max(0, (to ?? now).getTime() - from.getTime());
  return html`${formatMs(ms)}${to === null && html` <span class="none">so far</span>`}`;
}
