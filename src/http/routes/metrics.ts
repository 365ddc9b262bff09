import type { Server } from '../operated.ts';

/** What Prometheus scrapes. */
export interface Exposition {
  readonly contentType: string;
  scrape(): Promise<string>;
}

/** `/metrics`, in Prometheus's text format. */
export function metricsRoute(server: Server, metrics: Exposition): void {
  server.get('/metrics', { config: { isCounted: false } }, async (_, reply) => {
    const text = await metrics.scrape();
    return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text);
  });
}
