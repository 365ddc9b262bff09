import type { FastifyInstance } from 'fastify';
import { Failure } from '../../core/errors.ts';
import { isChange, isOurs } from '../origin.ts';
import type { DoorOptions } from './options.ts';

/**
 * Refuses a request whose `Host` is no name of ours: a page whose name was pointed at a loopback address (DNS
 * rebinding) says its own. And a change that another site's page asks for, which says so in `Origin`.
 */
export function checkHost(
  server: FastifyInstance,
  { host, hosts, corsOrigins, metrics }: DoorOptions,
): void {
  const free = isMetricsOpen({ host, metrics }) ? ['/health'] : ['/health', '/metrics'];
  const isOpen = hosts.length === 0 && !isLoopback(host);
  const own = new Set([host, ...hosts].map((name) => name.toLowerCase()));
  const origins = new Set(corsOrigins);
  server.addHook('onRequest', (request, _, done) => {
    const name = nameOf(request.host);
    // Whoever asks whether the process lives, or how it goes, often has nothing but its address.
    const isKnown =
      isOpen ||
      isLoopback(name) ||
      own.has(name) ||
      free.some((path) => request.url.startsWith(path));
    if (!isKnown) return done(new Failure('request.host', { host: name }));
    const { origin } = request.headers;
    if (
      origin !== undefined &&
      isChange(request) &&
      !isOurs(origin, request) &&
      !origins.has(origin)
    )
      return done(new Failure('request.origin', { origin: origin.slice(0, 200) }));
    done();
  });
}

/** True where `/metrics` asks nobody for a key. */
export function isMetricsOpen({ host, metrics }: Pick<DoorOptions, 'host' | 'metrics'>): boolean {
  return metrics === 'open' || isLoopback(host);
}

/** The name or address in `Host`, without its port. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/** True for this machine itself, as its own programs call it. */
function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
  );
}
