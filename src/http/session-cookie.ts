import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenedSession } from '../auth/index.ts';

/** The token of the session that a browser sent along, or undefined. */
export function readSession(request: FastifyRequest): string | undefined {
  const name = nameFor(request);
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([known]) => known === name)?.[1];
}

/** Gives the session to the browser for so long. */
export function writeSession(reply: FastifyReply, { token, lastsMs }: OpenedSession): void {
  void reply.header('set-cookie', cookieOf(reply.request, token, Math.floor(lastsMs / 1000)));
}

/** Has the browser forget it. */
export function dropSession(reply: FastifyReply): void {
  void reply.header('set-cookie', cookieOf(reply.request, '', 0));
}

/**
 * No script reads it. It comes along when a link in a mail or a chat leads here (`Lax`), where reading changes
 * nothing, and with no change that another site's page asks for.
 */
function cookieOf(request: FastifyRequest, token: string, seconds: number): string {
  const secure = isSecure(request) ? '; Secure' : '';
  return `${nameFor(request)}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** By `__Host-`, a browser takes it from this very host by TLS only, and no neighbouring host can plant one. */
function nameFor(request: FastifyRequest): string {
  return isSecure(request) ? '__Host-nightshift' : 'nightshift';
}

/** By TLS, to us or to a proxy that is trusted. */
function isSecure({ protocol }: FastifyRequest): boolean {
  return protocol === 'https';
}
