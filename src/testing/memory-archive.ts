import type { Archive } from '../core/archive.ts';
import { Failure } from '../core/errors.ts';

/** An archive that is gone with the test. */
export function openMemoryArchive(): Archive {
  const files = new Map<string, Uint8Array>();
  const place = 'memory';
  return {
    place,
    put(key, content) {
      files.set(key, content);
      return Promise.resolve();
    },
    async *read(key) {
      const content = files.get(key);
      if (!content) throw new Failure('artifact.missing', { place, key });
      yield await Promise.resolve(content);
    },
    async *list(prefix) {
      const keys = [...files.keys()].filter((key) => key.startsWith(prefix));
      yield* await Promise.resolve(keys.sort());
    },
    remove(keys) {
      for (const key of keys) files.delete(key);
      return Promise.resolve();
    },
  };
}
