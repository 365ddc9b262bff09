import { type Reader, renderPage } from './layout.ts';
import { html } from './markup.ts';
import { type ListedRun, renderRuns } from './run-table.ts';

export interface DeliveryPage {
  readonly reader: Reader;
  readonly now: Date;
  readonly job: string;
  readonly id: string;
  /** As many of its runs as are shown, and how many it has. */
  readonly runs: readonly ListedRun[];
  readonly count: number;
}

/** The runs that one delivery carries. */
export function renderDelivery({ reader, now, job, id, runs, count }: DeliveryPage): string {
  const content = html`<h1>A delivery of ${job}</h1>
<p><code>${id}</code> carries ${count} ${count === 1 ? 'run' : 'runs'}${
    runs.length < count && html`, of which ${runs.length} are shown`
  }. <a href="/queues/queue/${encodeURIComponent(job)}">Its queue</a></p>
${
  count === 0
    ? html`<p class="nothing">Another program added it, and no worker has made a run of it yet.</p>`
    : renderRuns(runs, now)
}`;
  return renderPage({ title: `A delivery of ${job}`, reader, content });
}
