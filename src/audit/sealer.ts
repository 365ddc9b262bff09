import { Failure, isFailure } from '../core/errors.ts';
import type { Sql } from '../core/sql.ts';
import type { Database } from '../db/index.ts';
import { genesis, hashSeal } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import {
  insertCheckpoint,
  insertSeals,
  type Link,
  selectLast,
  selectLinks,
  selectNewest,
  selectUnsealed,
  takeSealing,
} from './queries/seals.ts';
import type { Signer } from './signing.ts';

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

/** Any number may be at work; one at a time seals. Where the chain is not what it was a moment ago, it ends. */
export function openSealer(services: SealerServices): Sealer {
  const { database, onError } = services;
  const untold: Checkpoint[] = [];
  let timer: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  let known: Link | undefined;
  let pass = runPass();

  async function runPass(): Promise<void> {
    try {
      if (known) await requireSame(database, known);
      await sealAll({ ...services, hear: (checkpoint) => untold.push(checkpoint) });
      known = await selectLast(database);
      for (; untold[0]; untold.shift()) await services.publish(untold[0]);
    } catch (error) {
      onError(error);
      // What it would sign from now on would make the change look right.
      if (isFailure(error, 'audit.tampered')) return;
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

/** Throws `audit.tampered` where a link is not there any more, or another. */
async function requireSame(sql: Sql, { position, hash }: Link): Promise<void> {
  const links = await selectLinks(sql, position);
  if (links.length === 0 || links.some((link) => !Buffer.from(link.hash).equals(hash)))
    throw new Failure('audit.tampered', { position });
}

export interface Sealing extends Pick<SealerServices, 'database' | 'signer' | 'checkpointMs'> {
  /** Hears of each checkpoint that was committed. */
  hear?(checkpoint: Checkpoint): void;
}

/** Seals all entries that wait. */
export async function sealAll({ hear, ...services }: Sealing): Promise<void> {
  for (;;) {
    const sealed = await services.database.transaction(async (tx) => {
      if (!(await takeSealing(tx))) return { count: 0, checkpoint: undefined };
      return sealBatch(tx, services);
    });
    if (sealed.checkpoint) hear?.(sealed.checkpoint);
    if (sealed.count < batch) return;
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
  // While others wait to be sealed, that is all there was by the time of the last of these.
  const at = entries.length < batch ? now : entries.at(-1)!.at;
  const checkpoint = isDue ? signed({ ...last, at }, signer) : undefined;
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
