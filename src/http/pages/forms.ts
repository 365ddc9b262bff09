import type { Server } from '../operated.ts';

/** No form of ours is longer. */
const bodyLimit = 16 * 1024;

/** Reads what forms of pages send, within this scope. */
export function readForms(server: Server): void {
  server.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(body))),
  );
}
