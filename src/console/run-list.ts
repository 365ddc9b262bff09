import { runStates } from '../core/run.ts';
import { type Reader, renderPage } from './layout.ts';
import { html, type Markup } from './markup.ts';
import { type ListedRun, renderRuns } from './run-table.ts';

export interface RunList {
  readonly reader: Reader;
  readonly now: Date;
  readonly runs: readonly ListedRun[];
  /** What the list is narrowed to. */
  readonly filter: RunListFilter;
  /** Where the next page begins; absent on the last. */
  readonly cursor?: string | undefined;
  /** True on a page that follows another. */
  readonly isLater: boolean;
  readonly jobs: readonly string[];
  /** A command that makes a first run. */
  readonly example: string;
}

export interface RunListFilter {
  readonly job?: string | undefined;
  readonly state?: string | undefined;
  readonly parent?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** The list of runs, newest first. */
export function renderRunList(list: RunList): string {
  const { reader, now, runs, filter, jobs } = list;
  const content = html`<h1>Runs</h1>${renderFilter(filter, jobs)}
${runs.length > 0 ? renderRuns(runs, now) : renderNothing(list)}${renderPaging(list)}`;
  return renderPage({ title: 'Runs', reader, content });
}

function renderFilter(filter: RunListFilter, jobs: readonly string[]): Markup {
  const option = (chosen: string | undefined) => (value: string) =>
    html`<option${value === chosen && html` selected`}>${value}</option>`;
  const kept = (['parent', 'fingerprint'] as const).map(
    (name) =>
      filter[name] !== undefined &&
      html`<input type="hidden" name="${name}" value="${filter[name]}">`,
  );
  // A job that this process does not know may have runs all the same.
  const known =
    filter.job !== undefined && !jobs.includes(filter.job) ? [filter.job, ...jobs] : jobs;
  return html`<form class="filter" method="get" action="/" role="search" aria-label="Which runs">
<label>Job <select name="job"><option value="">all</option>${known.map(option(filter.job))}</select></label>
<label>State <select name="state"><option value="">all</option>${runStates.map(option(filter.state))}</select></label>
${kept}<button>Show</button>${describeFilter(filter)}</form>`;
}

/** What no field of the form shows. */
function describeFilter({ parent, fingerprint }: RunListFilter): Markup | undefined {
  if (parent === undefined && fingerprint === undefined) return undefined;
  return html`<span>${parent !== undefined && html`children of <a href="/runs/${parent}"><code>${parent}</code></a>`}
${fingerprint !== undefined && html`failed like <code>${fingerprint}</code>`} · <a href="/">all runs</a></span>`;
}

function renderNothing({ filter, isLater, example }: RunList): Markup {
  if (isLater) return html`<p class="nothing">There are no more.</p>`;
  if (Object.values(filter).some((value) => value !== undefined))
    return html`<p class="nothing">No run is like this. <a href="/">Show all runs</a></p>`;
  return html`<div class="nothing"><p>No run yet. Enqueue the first on the machine of Nightshift:</p>
<pre tabindex="0"><code>${example}</code></pre><p>Or over HTTP, as <a href="/docs">the page of the API</a> tells.</p></div>`;
}

function renderPaging({ filter, cursor, isLater }: RunList): Markup | undefined {
  if (cursor === undefined && !isLater) return undefined;
  const query = (more: Record<string, string>) => {
    const fields = Object.entries({ ...filter, ...more }).filter(
      ([, value]) => value !== undefined,
    );
    return new URLSearchParams(fields as [string, string][]).toString();
  };
  return html`<nav class="paging" aria-label="Pages">${isLater && html`<a href="/?${query({})}">Newest</a>`}
${cursor !== undefined && html`<a rel="next" href="/?${query({ cursor })}">Older runs</a>`}</nav>`;
}
