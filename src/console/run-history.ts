import { formatMs } from '../core/duration.ts';
import type { RunError } from '../core/run.ts';
import type { LogLine, Step } from '../ledger/index.ts';
import { type Content, html, type Markup } from './markup.ts';
import type { RunDetails } from './run-details.ts';
import { renderSpan, renderTime } from './times.ts';
import { renderValue } from './values.ts';

/** A part of a run's log. */
export interface LogPart {
  readonly lines: readonly (LogLine & { readonly sequence: number })[];
  /** True when lines went before. */
  readonly isLater: boolean;
  /** The number of its last line, when more follow. */
  readonly after?: number | undefined;
}

/** The attempts that others followed, and the last. */
export function renderAttempts(run: RunDetails, now: Date): Markup {
  const last = {
    attempt: run.attempt,
    ending: run.state,
    error: run.state === 'succeeded' ? null : run.error,
    worker: run.worker,
    startedAt: run.startedAt,
    endedAt: run.finishedAt,
  };
  const hasLast =
    run.startedAt !== null && run.pastAttempts.every(({ attempt }) => attempt < run.attempt);
  const attempts = hasLast ? [...run.pastAttempts, last] : run.pastAttempts;
  if (attempts.length === 0) return html`<p class="none">None has begun.</p>`;
  return html`<ol class="attempts">${attempts.map((attempt) => renderAttempt(attempt, now))}</ol>`;
}

interface ShownAttempt {
  readonly attempt: number;
  readonly ending: string;
  readonly error: RunError | null;
  readonly worker: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

function renderAttempt(
  { attempt, ending, error, worker, startedAt, endedAt }: ShownAttempt,
  now: Date,
): Markup {
  return html`<li value="${attempt}"><p><b>${ending}</b> · ${renderTime(startedAt, now)} · ${renderSpan(startedAt, endedAt, now)}${
    worker !== null && html` · worker <code>${worker}</code>`
  }</p>${error !== null && renderError(error)}</li>`;
}

function renderError({ name, message, stack }: RunError): Markup {
  return html`<p class="why"><b>${name}</b>: ${message}</p>${
    stack !== undefined &&
    html`<details><summary>Stack</summary><pre tabindex="0"><code>${stack}</code></pre></details>`
  }`;
}

/** The steps that are remembered, in their order. */
export function renderSteps(steps: readonly Step[], now: Date, mayReveal: boolean): Markup {
  return html`<ol class="steps">${steps.map(
    ({ name, attempt, result, artifact, tookMs, recordedAt }) =>
      html`<li><p><b>${name}</b> · ${formatMs(tookMs)} · attempt ${attempt} · ${renderTime(recordedAt, now)}</p>${
        artifact
          ? html`<p class="hint">${artifact.bytes} bytes in the archive</p>`
          : renderStepResult(result, mayReveal)
      }</li>`,
  )}</ol>`;
}

function renderStepResult(result: unknown, mayReveal: boolean): Content {
  if (!mayReveal || result === null || result === undefined) return undefined;
  return html`<details><summary>Result</summary>${renderValue(result)}</details>`;
}

/** Lines of the log, oldest first. */
export function renderLog(run: string, { lines, isLater, after }: LogPart): Markup {
  if (lines.length === 0)
    return html`<p class="none">${isLater ? 'There are no more lines.' : 'It has said nothing.'}</p>`;
  return html`${isLater && html`<p><a href="/runs/${run}#log">From the beginning</a></p>`}
<ol class="log" tabindex="0" aria-label="Lines of the log">${lines.map(renderLine)}</ol>
${after !== undefined && html`<p><a href="/runs/${run}?after=${after}#log">The lines after these</a></p>`}`;
}

function renderLine({ at, level, attempt, message, data }: LogLine): Markup {
  const more =
    data && Object.keys(data).length > 0 ? html` <code>${JSON.stringify(data)}</code>` : undefined;
  return html`<li class="${level}"><time datetime="${at.toISOString()}" title="attempt ${attempt}">${at
    .toISOString()
    .slice(11, 23)}</time> <b>${level}</b> <span>${message}${more}</span></li>
`;
}
