import type { RunNews } from '../core/run-news.ts';
import { readTraceparent, type SpanPlace, type SpanRecord, spanIdOf, traceIdOf } from './span.ts';

/** A request that was answered. */
export interface AnsweredRequest {
  readonly method: string;
  /** Its pattern, `/runs/:id`: no span has the name of a run. */
  readonly route: string;
  readonly status: number;
  readonly tookMs: number;
}

/**
 * Makes spans of what happens. A run is a trace of its own, and its id is the trace's: every attempt, on whatever
 * machine, belongs to it without being told. The request that enqueued it is another trace, or its caller's; each
 * of the two links to the other.
 */
export function openTracer({
  add,
  now,
}: {
  add(span: SpanRecord): void;
  /** Milliseconds of Unix time. */
  now(): number;
}) {
  const requests = new Map<string, SpanPlace & { readonly parentId: string | undefined }>();

  return {
    /** A request began; `traceparent` is what its caller says of its own trace. Answers the id of the trace it is in. */
    receive(request: string, traceparent: unknown): string {
      const caller = readTraceparent(traceparent);
      const traceId = caller?.traceId ?? traceIdOf(request);
      requests.set(request, { traceId, spanId: spanIdOf(request), parentId: caller?.spanId });
      return traceId;
    },
    answer(request: string, { method, route, status, tookMs }: AnsweredRequest): void {
      const place = requests.get(request);
      requests.delete(request);
      if (!place) return;
      add({
        ...place,
        name: `${method} ${route}`,
        kind: 'server',
        from: now() - tookMs,
        to: now(),
        attributes: {
          'http.request.method': method,
          'http.route': route,
          'http.response.status_code': status,
        },
        fault: status >= 500 ? String(status) : undefined,
      });
    },
    /** A run was accepted since `from`, on the way of this request, if of any. */
    accept({ run, job, from, request = '' }: Accepted): void {
      const attributes = { 'nightshift.job': job, 'nightshift.run': run };
      const span = {
        name: `enqueue ${job}`,
        from,
        to: now(),
        attributes,
        kind: 'producer' as const,
      };
      const root = { traceId: traceIdOf(run), spanId: spanIdOf(run) };
      const asked = requests.get(request);
      add({ ...span, ...root, links: asked ? [asked] : [] });
      if (!asked) return;
      const { traceId, spanId: parentId } = asked;
      add({ ...span, traceId, parentId, spanId: spanIdOf(request, run), links: [root] });
    },
    hear: (said: RunNews): void => add(spanOf(said, now())),
  };
}

interface Accepted {
  readonly run: string;
  readonly job: string;
  readonly from: number;
  readonly request?: string | undefined;
}

function spanOf(said: RunNews, to: number): SpanRecord {
  const { run, attempt } = said;
  const traceId = traceIdOf(run);
  const attributes = { 'nightshift.run': run, 'nightshift.attempt': attempt };
  const ofAttempt = spanIdOf(run, attempt);
  if (said.kind === 'stepped') {
    const { step, tookMs } = said;
    const name = `step ${step}`;
    const place = { traceId, spanId: spanIdOf(run, attempt, step), parentId: ofAttempt };
    return { ...place, name, kind: 'internal', from: to - tookMs, to, attributes };
  }
  const { job } = said;
  const ofJob = { ...attributes, 'nightshift.job': job };
  if (said.kind === 'begun') {
    const place = { traceId, spanId: spanIdOf(run, attempt, '', 'wait'), parentId: spanIdOf(run) };
    const from = to - (said.waitedMs ?? 0);
    return { ...place, name: `wait ${job}`, kind: 'internal', from, to, attributes: ofJob };
  }
  const { outcome } = said;
  const { state } = outcome;
  const why = 'why' in outcome ? outcome.why : undefined;
  const error = 'error' in outcome ? outcome.error : undefined;
  const isFault = state === 'failed' || state === 'fenced' || why === 'retry';
  return {
    traceId,
    spanId: ofAttempt,
    parentId: spanIdOf(run),
    name: `run ${job}`,
    kind: 'consumer',
    from: to - said.tookMs,
    to,
    attributes: { ...ofJob, 'nightshift.outcome': why ?? state },
    fault: isFault ? (error?.name ?? state) : undefined,
  };
}
