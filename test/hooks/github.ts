import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The body of a delivery as GitHub sends it, by the name of its file: shaped after real ones, about nobody. */
export function readRecorded(name: string): string {
  const text = readFileSync(join(import.meta.dirname, 'github', `${name}.json`), 'utf8');
  return JSON.stringify(JSON.parse(text));
}

/** The headers that GitHub sends with `body`. */
export function githubHeaders(
  body: string,
  { event, secret, id = randomUUID() }: { event: string; secret: string; id?: string },
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-github-hook-id': '48120',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}
