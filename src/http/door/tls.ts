import { readFileSync } from 'node:fs';
import type { Server as HttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { Failure } from '../../core/errors.ts';
import type { TlsFiles } from './options.ts';

/** The contents of the files, of which a server can be made. Throws `http.tls`. */
export function readTls({ cert, key }: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } {
  try {
    const read = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(read);
    return read;
  } catch (error) {
    throw new Failure('http.tls', { cert, key, reason: (error as Error).message }, error);
  }
}

/**
 * Looks at the files every `everyMs`, and lets new connections have what is in them; a pair that is half written or
 * does not fit is told of, and the one before stays. By their contents: a mounted secret changes by a link.
 */
export function followTls(
  server: HttpsServer,
  files: TlsFiles,
  { everyMs = 10_000, onError }: { readonly everyMs?: number; onError(error: unknown): void },
): () => void {
  let served = readTls(files);
  let told = '';
  const timer = setInterval(() => {
    try {
      const found = readTls(files);
      told = '';
      if (found.cert.equals(served.cert) && found.key.equals(served.key)) return;
      server.setSecureContext(found);
      served = found;
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) onError(error);
      told = message;
    }
  }, everyMs).unref();
  return () => clearInterval(timer);
}
