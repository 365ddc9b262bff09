import type { Sql } from '../core/sql.ts';
import type { Database } from '../db/index.ts';
import { genesis, hashSeal } from './chain.ts';
import {
  insertCheckpoint,
  insertSeals,
  type Link,
  selectLast,
  selectNewest,
  selectUnsealed,
  takeSealing,
} from './queries/seals.ts';
import type { Checkpoint, Signer } from './signing.ts';

export interface SealerServices {
  readonly database: Database;
  /** Absent: checkpoints are not signed. */
  readonly signer: Signer | undefined;
  /** So long there is no new checkpoint at most while there are new entries. */
  readonly checkpointMs: number;
  /** Tells of a checkpoint outside of the database; called until it resolves. */
  publish(checkpoint: Checkpoint): Promise<void>;
  onError(error: unknown): void;
}

/** Brings entries into the chain soon after they were committed. */
export interface Sealer {
  /** Seals what is there; twice is fine. */
  close(): Promise<void>;
}

const everyMs = 1000;

/** Any number may be at work; one at a time seals. */
export function openSealer(services: SealerServices): Sealer {
  const untold: Checkpoint[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  let pass = runPass();

  async function runPass(): Promise<void> {
    try {
      untold.push(...(await sealAll(services)));
      for (; untold[0]; untold.shift()) await services.publish(untold[0]);
    } catch (error) {
      services.onError(error);
    }
    if (!closing) timer = setTimeout(() => void (pass = runPass()), everyMs);
  }

  async function closeAll(): Promise<void> {
    await pass;
    clearTimeout(timer);
    await runPass();
  }

  return { close: () => (closing ??= closeAll()) };
}

/** Seals all entries that wait, and answers the checkpoints that were written on the way. */
export async function sealAll(
  services: Pick<SealerServices, 'database' | 'signer' | 'checkpointMs'>,
): Promise<Checkpoint[]> {
  const written: Checkpoint[] = [];
  for (;;) {
    const sealed = await services.database.transaction(async (tx) => {
      if (!(await takeSealing(tx))) return { count: 0, checkpoint: undefined };
      return sealBatch(tx, services);
    });
    if (sealed.checkpoint) written.push(sealed.checkpoint);
    if (sealed.count < batch) return written;
  }
}

/** As many entries as are between two checkpoints at the most. */
const batch = 1000;

async function sealBatch(
  tx: Sql,
  { signer, checkpointMs }: Pick<SealerServices, 'signer' | 'checkpointMs'>,
): Promise<{ count: number; checkpoint: Checkpoint | undefined }> {
  let last: Link = (await selectLast(tx)) ?? { position: 0, hash: genesis };
  const entries = await selectUnsealed(tx, batch);
  const seals = entries.map((entry) => {
    const position = last.position + 1;
    const hash = hashSeal(last.hash, position, entry);
    last = { position, hash };
    return { position, hash, entry: entry.id };
  });
  if (seals.length > 0) await insertSeals(tx, seals);
  const { now, position, ageMs } = await selectNewest(tx);
  const since = last.position - (position ?? 0);
  const isDue = since > 0 && (since >= batch || ageMs === null || ageMs >= checkpointMs);
  const checkpoint = isDue ? signed({ ...last, at: now }, signer) : undefined;
  if (checkpoint) await insertCheckpoint(tx, checkpoint);
  return { count: entries.length, checkpoint };
}

function signed(
  link: Pick<Checkpoint, 'position' | 'at' | 'hash'>,
  signer: Signer | undefined,
): Checkpoint {
  const publicKey = signer?.publicKey ?? null;
  return { ...link, publicKey, signature: signer?.sign(link) ?? null };
}
