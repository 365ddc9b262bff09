import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Told } from './evidence.ts';

/** Writes one thing down, so that a kill right after it does not lose it. */
export type Tell = (told: Told) => void;

/** An append-only file of one process; each line is one write, whole or not there. */
export function openJournal(file: string): { tell: Tell; close(): void } {
  const handle = openSync(file, 'a');
  const by = basename(file);
  return {
    tell: (told) =>
      void writeSync(handle, `${JSON.stringify({ ...told, by, at: readSteadyClock() })}\n`),
    close: () => closeSync(handle),
  };
}

/** Everything that was written down in the files of a folder whose names begin so. */
export function readJournals(folder: string, beginning = ''): Told[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(beginning))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
}

/** The time in epoch milliseconds, also in a process whose `Date` was moved. */
function readSteadyClock(): number {
  return performance.timeOrigin + performance.now();
}
