export { readRoom, requireWritable } from './disk.ts';
export { type Metrics, type MetricsOptions, openMetrics } from './metrics.ts';
