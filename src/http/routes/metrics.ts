import type { Server } from '../operated.ts';

/** What Prometheus scrapes. */
export interface Exposition {
  readonly contentType: string;
  scrape(): Promise<string>;
}

/** `/metrics`, in Prometheus's text format; open to whoever reaches the port, as health is. */
export function metricsRoute(server: Server, metrics: Exposition): void {
  server.get('/metrics', { config: { isCounted: false } }, async (_, reply) => {
    const text = await metrics.scrape();
    return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text);
  });
}
