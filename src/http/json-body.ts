import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../core/errors.ts';

/** Reads JSON bodies, and says of one that is none where it breaks. An empty one is none at all. No other kind is read. */
export function readJsonBodies(server: FastifyInstance): void {
  server.removeContentTypeParser('text/plain');
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (bytes.length === 0) return done(null, undefined);
      if (!isUtf8(bytes)) return done(new Failure('request.json', { reason: 'it is not UTF-8' }));
      const body = bytes.toString();
      void parse(request, body, (error, value) => {
        if (!error) return done(null, value);
        const where = findBreak(body);
        const reason = where === undefined ? error.message : `it breaks at ${where}`;
        done(new Failure('request.json', { reason }, error));
      });
    },
  );
}

/** Searching for the place takes a dozen readings of the text. */
const mostSearched = 256 * 1024;

/** The line and column, from 1, of the first character that cannot stand where it does; undefined for none. */
function findBreak(text: string): string | undefined {
  if (text.length > mostSearched || mayGoOn(text))
    return text.length > mostSearched ? undefined : placeOf(text);
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (mayGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return placeOf(text.slice(0, good));
}

/** True when something may follow that makes it JSON. */
function mayGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    const at = /at position (\d+)/.exec(message);
    return (
      /end of JSON|Unterminated/.test(message) || (at !== null && Number(at[1]) >= text.length)
    );
  }
}

function placeOf(before: string): string {
  const lines = before.split('\n');
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
