export { readRoom, requireWritable } from './disk.ts';
export { type Metrics, type MetricsOptions, openMetrics } from './metrics.ts';
export { openSpanExport } from './span-export.ts';
export { openTracer } from './tracer.ts';
