import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

export const compileCacheFolder = join(import.meta.dirname, '../../node_modules/.cache/nightshift');

/** Keeps compiled code for the next start, of what is imported from now on; does without where it may not be written. */
export function keepCompiledCode(): void {
  enableCompileCache(compileCacheFolder);
}
