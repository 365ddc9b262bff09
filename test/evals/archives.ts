import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Finds sets of evaluation data, unpacking archives into a temporary folder that `close` deletes. */
export interface Archives {
  find(folder: string, set: string): string | undefined;
  close(): void;
}

/** Opens a place to unpack into, outside the checkout. */
export function openArchives(): Archives {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-evals-'));
  const unpacked = new Map<string, string>();
  return {
    find(folder, set) {
      if (existsSync(join(folder, set))) return join(folder, set);
      const archive = join(folder, `${set}.tar.gz`);
      if (!existsSync(archive)) return undefined;
      if (!unpacked.has(archive)) {
        const target = mkdtempSync(join(root, 'set-'));
        execFileSync('tar', ['-xzf', archive, '-C', target]);
        unpacked.set(archive, join(target, set));
      }
      return unpacked.get(archive);
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
