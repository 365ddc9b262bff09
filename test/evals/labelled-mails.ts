import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mail whose side a person told. */
export interface LabelledMail {
  readonly name: string;
  readonly path: string;
  readonly isSpam: boolean;
  readonly raw: Buffer;
}

/** Reads a set with `labels.json` and the mails it names. */
export function readMails(folder: string): LabelledMail[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')) as Record<
    string,
    { label: string }
  >;
  return Object.entries(labels).map(([name, { label }]) => {
    const path = join(folder, name);
    return { name, path, isSpam: label === 'spam', raw: readFileSync(path) };
  });
}

/** Which of `folds` parts a name falls into, the same in every run. */
export function foldOf(name: string, folds: number): number {
  return createHash('md5').update(name).digest().readUInt32BE(0) % folds;
}
