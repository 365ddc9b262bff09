import { nameOfActor } from '../core/actor.ts';
import { isFinal, type Run } from '../core/run.ts';
import { type Reader, renderPage } from './layout.ts';
import { type Content, html, type Markup } from './markup.ts';
import type { RunDetails } from './run-details.ts';
import { type LogPart, renderAttempts, renderLog, renderSteps } from './run-history.ts';
import { renderState } from './run-table.ts';
import { renderTree } from './run-tree.ts';
import { renderSpan, renderTime } from './times.ts';
import { renderHidden, renderValue } from './values.ts';

export interface RunPage {
  readonly reader: Reader;
  readonly now: Date;
  readonly run: RunDetails;
  readonly log: LogPart;
  /** What the reader may do and see. */
  readonly may: { readonly cancel: boolean; readonly retry: boolean; readonly reveal: boolean };
}

/** Everything about one run, and what its reader may do to it. */
export function renderRun(page: RunPage): string {
  const { reader, now, run, log, may } = page;
  const content = html`<p class="crumb"><a href="/">Runs</a> / <a href="/?job=${encodeURIComponent(run.job)}">${run.job}</a></p>
<div class="title"><h1>${run.job}</h1>${renderState(run, now)}${renderActions(page)}</div>
<p class="id"><code>${run.id}</code></p>${renderReason(run)}${renderError(run)}
${renderFacts(run, now)}${renderTree(run, now)}
${renderSection('payload', 'Payload', may.reveal ? renderValue(run.payload) : renderHidden())}
${renderSection('result', 'Result', renderResult(run, may.reveal))}
${renderSection('attempts', 'Attempts', renderAttempts(run, now))}
${run.steps.length > 0 && renderSection('steps', 'Steps', renderSteps(run.steps, now, may.reveal))}
${renderSection('log', 'Log', renderLog(run.id, log))}`;
  return renderPage({ title: `${run.job} ${run.state}`, reader, content });
}

function renderSection(id: string, title: string, content: Content): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;
}

function renderActions({ run, may }: RunPage): Content {
  const action = `/runs/${run.id}`;
  if (!isFinal(run.state))
    return (
      may.cancel &&
      html`<form class="action" method="post" action="${action}/cancel"><label class="hidden" for="reason">Why it is cancelled</label>
<input id="reason" name="reason" maxlength="1000" placeholder="why (if you like)"><button class="danger">Cancel the run</button></form>`
    );
  if (run.state === 'succeeded') return undefined;
  return (
    may.retry &&
    html`<form class="action" method="post" action="${action}/retry"><button>Retry the run</button></form>`
  );
}

/** Why it does not go on. */
function renderReason({ state, waitsFor, heldBack }: RunDetails): Content {
  if (waitsFor !== null) return html`<p class="reason">It waits for ${waitsFor}.</p>`;
  if (heldBack !== null) return html`<p class="reason">It is held back: ${heldBack}.</p>`;
  return state === 'blocked' && html`<p class="reason">It waits for what is listed below.</p>`;
}

function renderError({ error, state }: RunDetails): Content {
  if (error === null || state === 'succeeded') return undefined;
  return html`<div class="fault"><p><b>${error.name}</b>: ${error.message}</p>${
    error.fingerprint !== undefined &&
    html`<p><a href="/?fingerprint=${error.fingerprint}">Runs that failed for the same cause</a></p>`
  }</div>`;
}

function renderResult({ id, result, artifact, state }: RunDetails, mayReveal: boolean): Content {
  if (state !== 'succeeded') return html`<p class="none">There is none.</p>`;
  if (!mayReveal) return renderHidden();
  if (artifact === null) return renderValue(result);
  return html`<p>It has ${artifact.bytes} bytes, in the archive as <code>${artifact.key}</code>. Print it with
<code>nightshift runs result ${id}</code>.</p>`;
}

function renderFacts(run: RunDetails, now: Date): Markup {
  const { progress, schedule, replayOf, acceptedBy, adoptedFrom, priority, key, uniqueness } = run;
  const facts: readonly (readonly [string, Content])[] = [
    ['Accepted', renderTime(run.createdAt, now)],
    ['Enqueued by', acceptedBy && nameOfActor(acceptedBy)],
    ['Due', renderTime(run.runAt, now)],
    ['Started', renderTime(run.startedAt, now)],
    ['Ended', renderTime(run.finishedAt, now)],
    ['Took', renderSpan(run.startedAt, run.finishedAt, now)],
    ['Attempts', describeAttempts(run)],
    ['Progress', progress && renderProgress(progress)],
    ['Schedule', schedule],
    ['Expires', run.expiresAt && renderTime(run.expiresAt, now)],
    ['Key', key],
    ['Once by', uniqueness && `${uniqueness.rule} ${uniqueness.key}`],
    ['Priority', priority === 0 ? null : priority],
    ['Replay of', replayOf && html`<a href="/runs/${replayOf}"><code>${replayOf}</code></a>`],
    ['Adopted from', adoptedFrom && `the job ${adoptedFrom.jobId} (${adoptedFrom.jobName})`],
    ['Version', run.version],
    ['Worker', run.worker && html`<code>${run.worker}</code>`],
    ['Delivery', html`<code>${run.delivery}</code>`],
  ];
  const told = facts.filter(([, content]) => content !== null && content !== undefined);
  return html`<dl class="facts">${told.map(([name, content]) => html`<div><dt>${name}</dt><dd>${content}</dd></div>`)}</dl>`;
}

function describeAttempts({ attempt, failures, losses }: RunDetails): string {
  const failed = failures > 0 ? `, ${failures} failed` : '';
  const lost = losses > 0 ? `, ${losses} lost with their worker` : '';
  return `${attempt}${failed}${lost}`;
}

function renderProgress({ done, total, note }: NonNullable<Run['progress']>): Markup {
  return html`<progress max="${total}" value="${done}" aria-label="Progress"></progress> ${done} of ${total}${
    note !== undefined && html`, ${note}`
  }`;
}
