import type { Config } from '../../config/index.ts';
import manifest from '../../package.json' with { type: 'json' };
import type { Announcements, Enqueuer } from '../runtime/index.ts';
import type { LogScope } from './log-scope.ts';

export interface TracesOptions {
  readonly config: Pick<Config, 'monitoring'>;
  readonly announcements: Announcements;
  onError(error: unknown): void;
}

/** Opens the traces of this process, where a collector is set; else loads nothing. Closed with `onClose`. */
export async function openTraces(
  { config, announcements, onError }: TracesOptions,
  onClose: (close: () => Promise<void>) => void,
) {
  const { otlpUrl } = config.monitoring;
  if (otlpUrl === undefined) return undefined;
  const { openSpanExport, openTracer } = await import('../monitoring/index.ts');
  const spans = await openSpanExport({
    url: otlpUrl,
    resource: {
      'service.name': 'nightshift',
      'service.version': manifest.version,
      'service.instance.id': String(process.pid),
    },
    onError,
  });
  const tracer = openTracer({ add: spans.add, now: Date.now });
  const unsubscribe = announcements.subscribe((said) => {
    if (said.kind !== 'committed' && said.attempt > 0) tracer.hear(said);
  });
  onClose(() => {
    unsubscribe();
    return spans.close();
  });
  return tracer;
}

export type Tracer = NonNullable<Awaited<ReturnType<typeof openTraces>>>;

/** The enqueuer, each accepted run of which is told to the tracer. */
export function traceEnqueuer(enqueuer: Enqueuer, tracer: Tracer, scope: LogScope): Enqueuer {
  async function told<T>(
    job: string,
    work: () => Promise<T>,
    runsOf: (answer: T) => readonly string[],
  ): Promise<T> {
    const from = Date.now();
    const answer = await work();
    const { request } = scope.ids();
    for (const run of runsOf(answer)) tracer.accept({ run, job, from, request });
    return answer;
  }
  return {
    enqueue: (job, ...rest) =>
      told(
        job,
        () => enqueuer.enqueue(job, ...rest),
        (run) => [run],
      ),
    enqueueMany: (job, ...rest) =>
      told(
        job,
        () => enqueuer.enqueueMany(job, ...rest),
        (runs) => runs,
      ),
    offer: (job, ...rest) =>
      told(
        job,
        () => enqueuer.offer(job, ...rest),
        ({ id, existing }) => (existing ? [] : [id]),
      ),
    offerMany: (job, ...rest) =>
      told(
        job,
        () => enqueuer.offerMany(job, ...rest),
        (all) => all.filter(({ existing }) => !existing).map(({ id }) => id),
      ),
    async offerBatch(batch, options) {
      const from = Date.now();
      const answer = await enqueuer.offerBatch(batch, options);
      const jobOf = new Map(batch.map(({ index, job }) => [index, job]));
      const { request } = scope.ids();
      for (const { index, id, existing } of answer.replayed ? [] : answer.accepted)
        if (!existing) tracer.accept({ run: id, job: jobOf.get(index)!, from, request });
      return answer;
    },
  };
}
