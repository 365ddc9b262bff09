import { type Run, shownState } from '../core/run.ts';
import { html, type Markup } from './markup.ts';
import { renderSpan, renderTime } from './times.ts';

/** What a list shows of a run. */
export type ListedRun = Pick<
  Run,
  'id' | 'job' | 'state' | 'attempt' | 'error' | 'createdAt' | 'runAt' | 'startedAt' | 'finishedAt'
>;

/** Runs as a table, which a narrow screen shows as blocks; the roles keep it a table there. */
export function renderRuns(runs: readonly ListedRun[], now: Date): Markup {
  return html`<table class="runs" role="table"><thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">State</th><th role="columnheader" scope="col">Run</th><th role="columnheader" scope="col">Job</th>
<th role="columnheader" scope="col">Accepted</th><th role="columnheader" scope="col" class="number">Attempts</th>
<th role="columnheader" scope="col" class="number">Took</th></tr></thead>
<tbody role="rowgroup">${runs.map((run) => renderRow(run, now))}</tbody></table>`;
}

function renderRow(run: ListedRun, now: Date): Markup {
  const { id, job, attempt, error, createdAt, startedAt, finishedAt } = run;
  const isBad = error !== null && run.state !== 'succeeded';
  return html`<tr role="row"><td role="cell">${renderState(run, now)}</td>
<td role="cell"><a href="/runs/${id}"><code>${id}</code></a>${isBad && html`<p class="why">${shorten(error.message)}</p>`}</td>
<td role="cell"><a href="/?job=${encodeURIComponent(job)}">${job}</a></td>
<td role="cell">${renderTime(createdAt, now)}</td>
<td role="cell" class="number" data-label="Attempts">${attempt}</td>
<td role="cell" class="number" data-label="Took">${renderSpan(startedAt, finishedAt, now)}</td></tr>
`;
}

/** The state in words and a colour. */
export function renderState(run: Parameters<typeof shownState>[0], now: Date): Markup {
  const state = shownState(run, now);
  return html`<span class="state ${state}">${state}</span>`;
}

const mostOfError = 160;

function shorten(text: string): string {
  const line = text.split('\n', 1)[0]!;
  return line.length > mostOfError ? `${line.slice(0, mostOfError)}…` : line;
}
