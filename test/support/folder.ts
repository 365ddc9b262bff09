import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** A new empty folder that any user may enter, removed with all in it when disposed. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'nightshift-'));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The folder `path`, filled by `fill` unless it is there. Two may try at once; the first to finish wins. */
export async function makeOnce(
  path: string,
  fill: (draft: string) => Promise<void>,
): Promise<string> {
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(dirname(path), { recursive: true });
  const draft = await mkdtemp(`${path}-`);
  await fill(draft);
  await rename(draft, path).catch(() => rm(draft, { recursive: true }));
  return path;
}
