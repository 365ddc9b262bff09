import { metrics, sharedMetrics } from '../../src/core/metrics.ts';
import { code, renderTable } from './markdown.ts';

/** docs/metrics.md, from the table of metrics. */
export function metricsPage(): string {
  const rows = Object.entries(metrics).map(([name, [type, labels, help]]) => ({
    isShared: sharedMetrics.has(name),
    cells: [code(name), type, labels.map(code).join(', '), help],
  }));
  const table = (isShared: boolean) =>
    renderTable(
      ['metric', 'type', 'labels', 'what it says'],
      rows.filter((row) => row.isShared === isShared).map(({ cells }) => cells),
    );
  return `# Metrics

<!-- Printed from the code by \`npm run docs\`: edit src/core/metrics.ts instead. -->

What \`/metrics\` answers, in Prometheus's text format. What to do with it is in [Monitoring](guides/monitoring.md).

On an address of the machine alone it asks for no key. Where \`NIGHTSHIFT_HOST\` lets other machines reach it, it asks for one with
the permission \`metrics:read\`, which every role has (\`nightshift key create --name prometheus --role viewer\`), unless
\`NIGHTSHIFT_METRICS=open\` says that whoever reaches the port may read:

\`\`\`yaml
scrape_configs:
  - job_name: nightshift
    scrape_timeout: 10s
    authorization:
      credentials_file: /etc/prometheus/nightshift.key
    static_configs:
      - targets: ["jobs.example.com:2300"]
\`\`\`

A \`job_name\` is one of the catalogue; every other is counted under \`(other)\`, so that nobody who invents names can make series.

## Of each process

Counted from its start. Sums over the processes are the whole.

${table(false)}

## Of the whole installation

Read from the database, at most every 5 s and never longer than 2 s for one scrape. Every process answers the same, so take
the maximum over the processes, never a sum. Absent while the database is away.

${table(true)}

## Of Node

\`process_…\` and \`nodejs_…\`: processor time, memory, file descriptors, start, event-loop lag
(\`nodejs_eventloop_lag_p99_seconds\`), heap and garbage collection, as prom-client names them.
`;
}
