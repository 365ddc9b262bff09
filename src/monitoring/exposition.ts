import { type Metric, Registry } from 'prom-client';
import { type MetricName, metrics } from '../core/metrics.ts';
import type { Distribution } from './distribution.ts';

/** One series of a metric, as it stands now. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | Distribution;
}

/** What each of some metrics says when it is scraped. */
export type Readings = Partial<Record<MetricName, () => readonly Sample[]>>;

/**
 * Registers metrics that are read when they are scraped: what happens between two scrapes costs a number, and no
 * search for a series by its labels. Type and help are those of the table.
 */
export function register(registry: Registry, readings: Readings): void {
  for (const [name, read] of Object.entries(readings) as [MetricName, () => readonly Sample[]][]) {
    const [type, , help] = metrics[name];
    const get = () =>
      Promise.resolve({
        name,
        help,
        type,
        aggregator: 'sum',
        values: read().flatMap((sample) => expand(name, sample)),
      });
    // Of a metric the registry uses its name and what `get` answers.
    registry.registerMetric({ name, help, type, get } as unknown as Metric);
  }
}

export { Registry };

/** One line of the text. */
interface Line {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function expand(name: string, { labels = {}, value }: Sample): Line[] {
  if (typeof value === 'number') return [{ labels, value }];
  const counts = cumulate(value.counts);
  const total = counts.at(-1) ?? 0;
  return [
    ...[...value.bounds, '+Inf'].map((le, i) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: String(le) },
      value: counts[i]!,
    })),
    { metricName: `${name}_sum`, labels, value: value.sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

function cumulate(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => (sum += count));
}
