import type { RunError } from './run.ts';

/**
 * What errors of the same cause have in common, as 16 hex digits: name, code, the message without what varies
 * (numbers, ids, quoted texts, paths, addresses, dates), and the topmost frames of code of ours, without lines,
 * so that a new release does not part a group. Sentry and Honeybadger group by the same signs.
 */
export function fingerprintOf({ name, message, code = '', stack = '' }: RunError): string {
  const frames = listFrames(stack, message);
  return hash([name, code, normaliseMessage(message), ...frames].join('\n'));
}

/** How much of a message counts; what comes later is mostly the data that it is about. */
const longestMessage = 1000;

/** The message with a placeholder for everything that varies from run to run. */
export function normaliseMessage(message: string): string {
  const text = message.slice(0, longestMessage);
  return variables
    .reduce((rest, [pattern, placeholder]) => rest.replaceAll(pattern, placeholder), text)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** In this order: what comes first may contain what comes later. */
const variables: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z\d+.-]*:\/\/[^\s"'`<>]+/gi, '<url>'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)*/g, '<email>'],
  [/(?<![\w\\])(["'`])(?:\\.|(?!\1)[^\\])*\1(?!\w)/g, '<text>'],
  [/“[^”]*”|«[^»]*»/g, '<text>'],
  [/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, '<id>'],
  [
    /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?/g,
    '<date>',
  ],
  [/(?<![\w<])(?:[a-z]:)?(?:\.{0,2}[\\/][\w@.~+-]+)+[\\/]?/gi, '<path>'],
  [/\b(?:0x[\da-f]+|(?=[a-f]*\d)[\da-f]{8,})\b/gi, '<hex>'],
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{16,}(?!\w)/gi, '<id>'],
  [/\d+(?:[.,:]\d+)*/g, '<number>'],
];

const mostFrames = 3;

/** Function and file of the topmost frames that are neither a package, nor Node, nor the machinery around every handler. */
function listFrames(stack: string, message: string): string[] {
  return afterMessage(stack, message)
    .split('\n')
    .map(readFrame)
    .filter((frame) => frame !== undefined)
    .slice(0, mostFrames);
}

/** A message may have lines that look like frames. */
function afterMessage(stack: string, message: string): string {
  const at = stack.indexOf(message);
  return at < 0 ? stack : stack.slice(at + message.length);
}

function readFrame(line: string): string | undefined {
  const match = /^\s*at (?:async )?(?:(.*?) \()?(?:file:\/\/)?(.+?):\d+:\d+\)?$/.exec(line);
  const file = match?.[2]?.replaceAll('\\', '/');
  if (!file || /(^|\/)node_modules\/|^node:|\/src\/runtime\//.test(file)) return undefined;
  const place = file.split('/').slice(-2).join('/');
  return `${match?.[1] ?? ''} ${place}`.replaceAll(/\d+/g, '<number>').trim();
}

/** Two 32-bit halves mixed by multiplication, as bryc's cyrb53 does, with all 64 bits kept; not for secrets. */
function hash(text: string): string {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    one = Math.imul(one ^ unit, 2654435761);
    two = Math.imul(two ^ unit, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return [two, one].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
