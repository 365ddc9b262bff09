import { PGlite } from '@electric-sql/pglite';
import type { Failure } from '../core/errors.ts';
import { folderFailure } from './pglite-folder.ts';

/** A running PGlite that does not hang when its Postgres gives up. */
export interface Engine {
  readonly pglite: PGlite;
  /** Throws what the engine died of, if it has. */
  requireAlive(): void;
  close(): Promise<void>;
}

/** Starts PGlite on `dataFolder`, or in memory on a `snapshot`; a failure names `folder`. */
export async function startEngine(
  dataFolder: string,
  folder: string,
  snapshot?: Blob,
): Promise<Engine> {
  const log: string[] = [];
  let death: Failure | undefined;
  const pglite: PGlite = new PGlite(dataFolder, {
    ...(snapshot && { loadDataDir: snapshot }),
    onStderr(line) {
      if (/(FATAL|PANIC|DETAIL): /.test(line)) log.push(line);
      if (line.includes('PANIC: ')) {
        death = folderFailure(folder, new Error(line), log);
        forbidUse(pglite, death);
      }
      return false;
    },
  });
  try {
    await pglite.waitReady;
  } catch (error) {
    throw folderFailure(folder, error, log);
  }
  return {
    pglite,
    requireAlive() {
      if (death) throw death;
    },
    async close() {
      if (!death && !pglite.closed) await pglite.close();
    },
  };
}

/**
 * Makes every further call fail. After a panic (a full disk under the write-ahead log, for one) PGlite's next
 * call would spin for ever and take the event loop with it, whoever makes it: ours, BullMQ's or pg-boss's.
 */
function forbidUse(pglite: PGlite, death: Failure): void {
  pglite.execProtocolRawSync = () => {
    throw death;
  };
}
