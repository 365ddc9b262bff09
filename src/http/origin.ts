import type { FastifyRequest } from 'fastify';

/** True for a request that may change something. */
export function isChange({ method }: Pick<FastifyRequest, 'method'>): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** True when `origin` is the one that the request was sent to. */
export function isOurs(origin: string, { host, protocol }: FastifyRequest): boolean {
  return origin.toLowerCase() === `${protocol}://${host}`.toLowerCase();
}

/**
 * True when a browser says that a page of this server made the request. Browsers tell `Sec-Fetch-Site` where they
 * trust the way to the server, by TLS or on the same machine, and `Origin` with every change.
 */
export function isFromOwnPage(request: FastifyRequest): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && isOurs(origin, request);
}
