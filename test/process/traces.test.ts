import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSpanExport, openTracer } from '../../src/monitoring/index.ts';
import { ask, urlOf } from '../support/http.ts';
import { openTestInstallation } from '../support/installation.ts';
import { type Collector, openCollector, type ReceivedSpan } from '../support/otlp.ts';
import { jobOf, openTestRuntime } from '../support/runtime.ts';
import { until } from '../support/until.ts';

const fileOf = (kind: string) => join(import.meta.dirname, '../../workers', `${kind}.ts`);
const patience = { timeoutMs: 90_000, everyMs: 100 };
const arrives = (collector: Collector, name: string | RegExp): Promise<ReceivedSpan> =>
  until(
    () =>
      collector.spans.find((span) =>
        typeof name === 'string' ? span.name === name : name.test(span.name),
      ),
    patience,
  );

test('a run is one trace from its request to its attempt on another process, and both traces know each other', async () => {
  await using collector = await openCollector();
  await using installation = await openTestInstallation('cluster', {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const web = await installation.launch(fileOf('web'));
  await installation.launch(fileOf('general'));
  const url = `${await urlOf(web)}/api/v1/runs`;
  const caller = { traceId: 'a1'.repeat(16), spanId: 'b2'.repeat(8) };
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await installation.key()}`,
      traceparent: `00-${caller.traceId}-${caller.spanId}-01`,
    },
    body: JSON.stringify({ job: 'mail-triage', payload: { mailbox: installation.folder } }),
  });
  const { id } = (await response.json()) as { id: string };
  const ofRun = id.replaceAll('-', '');

  const request = await arrives(collector, /^POST /);
  expect(request).toMatchObject({ traceId: caller.traceId, parentId: caller.spanId });
  expect(request.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/api/v1/runs',
    'http.response.status_code': 202,
  });
  await web.said(new RegExp(`"trace":"${caller.traceId}".*"path":"/api/v1/runs"`));
  await arrives(collector, 'run mail-triage');
  const enqueued = collector.spans.filter(({ name }) => name === 'enqueue mail-triage');
  const inRequest = enqueued.find(({ traceId }) => traceId === caller.traceId)!;
  const root = enqueued.find(({ traceId }) => traceId === ofRun)!;
  expect(inRequest.parentId).toBe(request.spanId);
  expect(inRequest.links).toEqual([{ traceId: ofRun, spanId: root.spanId }]);
  expect(root.links).toEqual([{ traceId: caller.traceId, spanId: request.spanId }]);

  const attempt = await arrives(collector, 'run mail-triage');
  expect(attempt).toMatchObject({ traceId: ofRun, parentId: root.spanId, fault: undefined });
  expect(attempt.attributes).toMatchObject({
    'nightshift.run': id,
    'nightshift.job': 'mail-triage',
    'nightshift.attempt': 1,
    'nightshift.outcome': 'succeeded',
  });
  const waited = await arrives(collector, 'wait mail-triage');
  expect(waited).toMatchObject({ traceId: ofRun, parentId: root.spanId });
  for (const { from, to } of collector.spans) expect(to).toBeGreaterThanOrEqual(from);
  // Who asks for health all the time has no trace.
  await ask(`${new URL(url).origin}/health/live`);
  expect(collector.spans.filter(({ name }) => name.includes('health'))).toEqual([]);
}, 240_000);

test('attempts and steps are spans of the trace of their run, and what failed is marked', async () => {
  await using collector = await openCollector();
  let calls = 0;
  const job = jobOf(
    'stepping',
    async (ctx) => {
      await ctx.step('fetch', () => Promise.resolve(1));
      if (++calls === 1) throw new TypeError('hunter2');
      await ctx.transaction('store', () => Promise.resolve(2));
    },
    { retry: { attempts: 2, backoff: 'fixed', from: '1ms', upTo: '1ms', jitter: 0 } },
  );
  await using runtime = await openTestRuntime('postgres', [job]);
  const spans = await openSpanExport({
    url: collector.url,
    resource: {},
    onError: (error) => void runtime.errors.push(error),
  });
  const tracer = openTracer({ add: spans.add, now: Date.now });
  runtime.announcements.subscribe((said) => {
    if (said.kind !== 'committed') tracer.hear(said);
  });
  const run = await runtime.enqueuer.enqueue('stepping', {});
  await runtime.work();
  await arrives(collector, 'step store');
  const attempts = await until(() => {
    const found = collector.spans.filter(({ name }) => name === 'run stepping');
    return found.length === 2 ? found : undefined;
  }, patience);
  expect(attempts.map(({ fault }) => fault)).toEqual(['TypeError', undefined]);
  const [first, second] = attempts as [ReceivedSpan, ReceivedSpan];
  const parentOf = (name: string) => collector.spans.find((span) => span.name === name)?.parentId;
  expect(parentOf('step fetch')).toBe(first.spanId);
  expect(parentOf('step store')).toBe(second.spanId);
  // The remembered step did not run again.
  expect(collector.spans.filter(({ name }) => name === 'step fetch')).toHaveLength(1);
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(
    new Set([run.replaceAll('-', '')]),
  );
  // No message: there is no telling what is in it.
  expect(
    JSON.stringify(collector.spans, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  ).not.toContain('hunter2');
  await spans.close();
  expect(runtime.errors).toEqual([]);
});

test('a collector that refuses or is away costs its spans and nothing else', async () => {
  await using collector = await openCollector();
  collector.isAway = true;
  const errors: unknown[] = [];
  const spans = await openSpanExport({
    url: collector.url,
    resource: {},
    onError: (error) => void errors.push(error),
  });
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'x',
    kind: 'internal',
    from: 1,
    to: 2,
    attributes: {},
  } as const;
  spans.add(span);
  await until(() => errors.length > 0, patience);
  collector.isAway = false;
  spans.add({ ...span, name: 'y' });
  await spans.close();
  expect(collector.spans.map(({ name }) => name)).toEqual(['y']);
});

test('without a collector nothing of OpenTelemetry is loaded', () => {
  const root = join(import.meta.dirname, '../..');
  const file = readFileSync(join(root, 'src/monitoring/span-export.ts'), 'utf8');
  const imports = [...file.matchAll(/^import (?!type).*@opentelemetry/gm)];
  expect(imports).toEqual([]);
});
