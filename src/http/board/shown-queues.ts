import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type { QueueJobJson } from '@bull-board/api/dist/types.js';
import { uuidPattern } from '../../core/uuid.ts';
import { type InspectedQueues, readRuns } from '../../queue/index.ts';
import { redacted } from '../redaction.ts';

/** The queues by the names of their jobs, without what other programs put into them: the pages of runs show that. */
export function showQueues(opened: InspectedQueues): Map<string, BaseAdapter> {
  return new Map([...opened].map(([job, queue]) => [job, showQueue(job, queue)]));
}

type ShownQueue = ConstructorParameters<typeof BullMQAdapter>[0];

function showQueue(job: string, queue: ShownQueue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode: true,
    allowRetries: false,
    externalJobUrl: (carrier) => linkOf(job, carrier) as { href: string },
  });
  adapter.setFormatter('data', (data) => {
    const runs = readRuns(data);
    return runs ? showRuns(runs) : conceal(data);
  });
  adapter.setFormatter('returnValue', conceal);
  adapter.setFormatter('progress', (progress) =>
    runOf(progress) === undefined ? conceal(progress) : progress,
  );
  return adapter;
}

function conceal(value: unknown): unknown {
  return isEmpty(value) ? value : redacted;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === 0;
}

/** As many of a delivery's runs as a person reads. */
const mostShown = 20;

/** Each by the path of its page. */
function showRuns(runs: readonly string[]): object {
  const more = runs.length - mostShown;
  const shown = runs.slice(0, mostShown).map((run) => `/runs/${run}`);
  return { runs: shown, ...(more > 0 && { more }) };
}

/** To the page of the run, or of the delivery where it carries many; none for a job that no worker has adopted yet. */
function linkOf(job: string, { id, data, progress }: QueueJobJson) {
  const runs = readRuns(data) ?? [runOf(progress)].filter((run) => run !== undefined);
  if (runs.length === 0) return undefined;
  return runs.length === 1
    ? { displayText: 'Run', href: `/runs/${runs[0]}` }
    : {
        displayText: `${runs.length} runs`,
        href: `/deliveries/${job}/${encodeURIComponent(String(id))}`,
      };
}

/** The run that a worker told the producer of a foreign job. */
function runOf(progress: unknown): string | undefined {
  const { run } = (progress ?? {}) as { run?: unknown };
  return typeof run === 'string' && uuidPattern.test(run) ? run : undefined;
}
