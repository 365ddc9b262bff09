import { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Failure } from '../core/errors.ts';
import type { Server } from './operated.ts';

/** Opens the port and answers the server's URL; throws `http.port_taken` or `http.cannot_listen`. */
export async function listenOnPort(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new Failure('http.port_taken', { host, port }, error);
    throw new Failure('http.cannot_listen', { host, port, reason: code ?? message }, error);
  }
  const { port: opened } = server.server.address() as AddressInfo;
  const protocol = server.server instanceof HttpsServer ? 'https' : 'http';
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${opened}`;
}
