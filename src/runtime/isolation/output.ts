import type { Readable } from 'node:stream';

/** What a child has written so far. */
export interface Output {
  /** The last lines on standard error, as one text. */
  readonly last: string;
  /** True when V8 said that the heap is full. */
  readonly isHeapFull: boolean;
}

export interface OutputOptions {
  readonly stdout: Readable;
  readonly stderr: Readable;
  onLine(stream: 'stdout' | 'stderr', line: string): void;
}

/** A run keeps so much of what its child writes; its log is meant for `ctx.log`. */
const mostLines = 1000;
const longestLine = 2000;
const lastLines = 10;

/** Hands on the lines of a child, the first thousand of them, and keeps the last of standard error. */
export function readOutput({ stdout, stderr, onLine }: OutputOptions): Output {
  let lines = 0;
  let last: string[] = [];
  let isHeapFull = false;

  function handOn(stream: 'stdout' | 'stderr', line: string): void {
    if (line === '' || lines > mostLines) return;
    lines++;
    if (lines <= mostLines) onLine(stream, line);
    else onLine('stderr', `(more than ${mostLines} lines: the rest is left out)`);
  }

  readLines(stdout, (line) => handOn('stdout', line));
  readLines(stderr, (line) => {
    last = [...last, line].slice(-lastLines);
    isHeapFull ||= line.includes('JavaScript heap out of memory');
    handOn('stderr', line);
  });
  return {
    get last() {
      return last.join('\n').trim();
    },
    get isHeapFull() {
      return isHeapFull;
    },
  };
}

/** Line by line, each cut where it gets too long: a child may write without end and without a newline. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let begun = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (begun + text).split('\n');
    begun = lines.pop()!.slice(0, longestLine);
    for (const line of lines) onLine(line.slice(0, longestLine));
  });
  stream.once('end', () => onLine(begun));
}
