import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createZstdDecompress, zstdCompress } from 'node:zlib';
import type { Archive, Artifact } from '../core/archive.ts';
import type { Duty } from '../core/duty.ts';
import { Failure } from '../core/errors.ts';
import { mayExceed } from '../core/json-size.ts';
import { acceptedAt } from '../core/run-id.ts';
import { formatBytes } from '../core/size.ts';
import type { Sql } from '../core/sql.ts';
import { findOldestRuns } from '../ledger/index.ts';
import { type RuntimeOptions, runtimeOptions } from './options.ts';

/** What a run or a step has returned, as its row keeps it: itself, or where it is. */
export type Kept =
  | { readonly result: unknown }
  | { readonly result: null; readonly artifact: Artifact };

/** Whose result it is: `name` is that of a step, or absent for the run's own. */
export interface Owner {
  readonly run: string;
  readonly attempt: number;
  readonly name?: string;
}

/** Results that are too large for their rows, in the archive. */
export interface Artifacts {
  /** Resolves once a large `value` is in the archive. Throws `result.too_large` or `archive.unwritable`. */
  keep(owner: Owner, value: unknown): Promise<Kept>;
  /** The value that was kept; throws what `read` throws. */
  load(artifact: Artifact): Promise<unknown>;
  /**
   * Its JSON; the last chunk comes after the whole was found undamaged. Throws `artifact.missing`,
   * `artifact.damaged` or `archive.unreadable`.
   */
  read(artifact: Artifact): AsyncIterable<Uint8Array>;
  /** Removes the results of runs that were accepted before `at`, and of their fenced attempts. Answers how many. */
  removeBefore(at: Date): Promise<number>;
}

export interface ArtifactOptions
  extends Partial<Pick<RuntimeOptions, 'resultInlineBytes' | 'resultMostBytes'>> {
  readonly archive: Archive;
}

export function openArtifacts({ archive, ...options }: ArtifactOptions): Artifacts {
  const { resultInlineBytes, resultMostBytes } = { ...byDefault, ...options };
  return {
    async keep(owner, value) {
      if (!mayExceed(value, resultInlineBytes)) return { result: value };
      // What has no JSON is refused by the ledger, as anything small that has none.
      const text = JSON.stringify(value) as string | undefined;
      if (text === undefined) return { result: value };
      const content = Buffer.from(text);
      if (content.length <= resultInlineBytes) return { result: value };
      if (content.length > resultMostBytes) throw tooLarge(owner, content.length, resultMostBytes);
      const artifact = describe(owner, content);
      await archive.put(artifact.key, await compress(content));
      return { result: null, artifact };
    },
    async load(artifact) {
      const chunks = await Array.fromAsync(readChecked(archive, artifact));
      return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
    },
    read: (artifact) => readChecked(archive, artifact),
    async removeBefore(at) {
      const keys = await listBefore(archive, at);
      await archive.remove(keys);
      return keys.length;
    },
  };
}

/** The duty that removes the results of runs whose partition is gone. */
export function artifactDuty(services: {
  readonly database: Sql;
  readonly artifacts: Artifacts;
}): Duty {
  return {
    name: 'artifacts',
    periodSeconds: 6 * 3600,
    async run() {
      const oldest = await findOldestRuns(services.database);
      return { removed: oldest ? await services.artifacts.removeBefore(oldest) : 0 };
    },
  };
}

const byDefault = runtimeOptions.parse({});
const compress = promisify(zstdCompress);
const folder = 'runs/';

/** By month and run, so that a person finds it and retention need not ask the ledger. Each attempt writes its own. */
function describe({ run, attempt, name }: Owner, content: Buffer): Artifact {
  const month = acceptedAt(run).toISOString().slice(0, 7);
  const part = name === undefined ? 'result' : `step-${sha256(Buffer.from(name)).slice(0, 16)}`;
  return {
    key: `${folder}${month}/${run}/${attempt}-${part}.json.zst`,
    bytes: content.length,
    sha256: sha256(content),
  };
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function tooLarge({ name }: Owner, bytes: number, mostBytes: number): Failure {
  return new Failure('result.too_large', {
    what: name === undefined ? 'result' : `result of the step "${name}"`,
    size: formatBytes(bytes),
    most: formatBytes(mostBytes),
  });
}

async function* readChecked(archive: Archive, artifact: Artifact): AsyncIterable<Uint8Array> {
  const { key, bytes, sha256: expected } = artifact;
  const damaged = (reason: string, cause?: unknown) =>
    new Failure('artifact.damaged', { key, place: archive.place, reason }, cause);
  const hash = createHash('sha256');
  let length = 0;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of decompress(archive.read(key))) {
      length += chunk.length;
      if (length > bytes) throw damaged(`it is longer than ${bytes} bytes`);
      hash.update(chunk);
      if (held) yield held;
      held = chunk;
    }
  } catch (error) {
    throw error instanceof Failure ? error : damaged((error as Error).message, error);
  }
  if (length < bytes) throw damaged(`it has ${length} of ${bytes} bytes`);
  if (hash.digest('hex') !== expected) throw damaged('its SHA-256 is another');
  if (held) yield held;
}

/** An error of the source comes out of the iteration. */
function decompress(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(source), createZstdDecompress(), () => undefined);
}

/** Months come in order, so that what is younger is not looked at. */
async function listBefore(archive: Archive, at: Date): Promise<string[]> {
  const lastMonth = at.toISOString().slice(0, 7);
  const keys: string[] = [];
  for await (const key of archive.list(folder)) {
    const [, month = '', run = ''] = key.split('/');
    if (month > lastMonth) break;
    if (acceptedAt(run) < at) keys.push(key);
  }
  return keys;
}
