import type { Branch, OpenWait } from '../ledger/index.ts';
import { type Content, html, type Markup } from './markup.ts';
import type { RunDetails } from './run-details.ts';
import { renderTime } from './times.ts';

/** What a run belongs to, waits for, and has begun; nothing for one that stands alone. */
export function renderTree(run: RunDetails, now: Date): Content {
  const { parent, children, replays, waits } = run;
  const isAlone =
    parent === null && children.length === 0 && replays.length === 0 && waits.length === 0;
  if (isAlone) return undefined;
  return html`<section aria-labelledby="family"><h2 id="family">Family</h2>
${parent !== null && html`<p>Child of <a href="/runs/${parent}"><code>${parent}</code></a></p>`}
${waits.map((wait) => renderWait(wait, now))}
${children.length > 0 && html`<p>Children: ${renderCounts(run.counts)} <a href="/?parent=${run.id}">as a list</a></p>${renderBranches(children)}`}
${replays.length > 0 && html`<p>Replayed by:</p><ul>${replays.map((id) => html`<li><a href="/runs/${id}"><code>${id}</code></a></li>`)}</ul>`}
</section>`;
}

function renderWait({ name, kind, event, key, until }: OpenWait, now: Date): Markup {
  const what =
    kind === 'event' ? `the event ${event ?? ''}${key === null ? '' : ` of ${key}`}` : kind;
  return html`<p>Waits in <b>${name}</b> for ${what}${until !== null && html`, until ${renderTime(until, now)}`}</p>`;
}

function renderCounts(counts: Branch['counts']): string {
  return Object.entries(counts)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
}

function renderBranches(branches: readonly Branch[]): Markup {
  return html`<ul class="tree">${branches.map(
    ({ id, job, state, children }) =>
      html`<li><span class="state ${state}">${state}</span> <a href="/runs/${id}">${job} <code>${id.slice(-12)}</code></a>${
        children.length > 0 && renderBranches(children)
      }</li>`,
  )}</ul>`;
}
