import { Failure } from '../../src/core/errors.ts';
import type { Database } from '../../src/db/index.ts';
import type { CallersTransaction, Enqueuer, Offered } from '../../src/runtime/index.ts';
import type { ForeignProgram } from './foreign.ts';
import type { Offer } from './offer.ts';

/** How a producer has its offers accepted. */
export interface Acceptor {
  /**
   * Resolves to the run once it is accepted, and to `rolled back` when it certainly was not. Throws what
   * `enqueue` threw, or `Unanswered` when a commit got no answer.
   */
  accept(offer: Offer): Promise<Offered | 'rolled back'>;
  /** Resolves once nothing is on its way that only a queue knows. */
  drained(): Promise<void>;
}

/** Nobody said whether the producer's own transaction is committed. */
export class Unanswered extends Error {}

/** Without a `foreign` program its offers go by `enqueue`. */
export function openAcceptor(
  database: Database,
  enqueuer: Enqueuer,
  foreign?: ForeignProgram,
): Acceptor {
  const transactions = openTransactions(database);
  return {
    async accept(offer) {
      const { way, job, delayMs, priority, expiresMs, key } = offer;
      const options = {
        delayMs,
        priority,
        ...(expiresMs !== undefined && { expiresMs }),
        ...(key !== undefined && { unique: { key } }),
      };
      const offerIn = (tx: CallersTransaction) =>
        enqueuer.offer(job, payloadOf(offer), { ...options, tx });
      if (way === 'by SQL') return acceptBySql(database, offer);
      if (way === 'foreign' && foreign) {
        const unanswered = (cause?: unknown) => new Unanswered('only its queue has it', { cause });
        await foreign.add(job, payloadOf(offer), priority).catch((error: unknown) => {
          throw unanswered(error);
        });
        throw unanswered();
      }
      if (way === 'alone' || way === 'foreign')
        return enqueuer.offer(job, payloadOf(offer), options);
      return transactions(offerIn, way);
    },
    drained: async () => foreign?.drained(),
  };
}

function payloadOf({ ms, mark, isBad }: Offer) {
  return { ms: isBad ? 'a while' : ms, mark };
}

async function acceptBySql(database: Database, offer: Offer): Promise<Offered> {
  const { job, delayMs, priority, expiresMs, key } = offer;
  const options = {
    priority,
    ...(delayMs > 0 && { delay: `${delayMs}ms` }),
    ...(expiresMs !== undefined && { expires: `${expiresMs}ms` }),
    ...(key !== undefined && { unique: { key } }),
  };
  const [row] = await database.query<Offered>(
    'select id, existing from nightshift.offer($1, $2::jsonb, $3::jsonb)',
    [job, JSON.stringify(payloadOf(offer)), JSON.stringify(options)],
  );
  return row!;
}

type Transactions = (
  work: (tx: CallersTransaction) => Promise<Offered>,
  end: 'committed' | 'rolled back',
) => Promise<Offered | 'rolled back'>;

/** As an application has them: clients of `pg` of its own, where there is a server. */
function openTransactions({ driver, transaction }: Database): Transactions {
  if (driver.kind === 'pglite')
    return (work, end) =>
      transaction(async (tx) => {
        const run = await work(tx);
        if (end === 'rolled back') throw new RolledBack();
        return run;
      }).catch((error: unknown) => {
        if (error instanceof RolledBack) return 'rolled back';
        throw error;
      });
  const pool = driver.openPool({ size: 2, name: 'application', answerMs: 5000 });
  return async (work, end) => {
    const client = await pool.connect().catch(() => undefined);
    if (!client) return 'rolled back';
    let isBroken = true;
    try {
      await client.query('begin');
      const run = await work(client);
      await (end === 'committed' ? commit(client) : client.query('rollback'));
      isBroken = false;
      return end === 'committed' ? run : 'rolled back';
    } catch (error) {
      if (error instanceof Unanswered || error instanceof Failure) throw error;
      return 'rolled back';
    } finally {
      client.release(isBroken);
    }
  };
}

class RolledBack extends Error {}

async function commit(client: { query(text: string): Promise<unknown> }): Promise<void> {
  try {
    await client.query('commit');
  } catch (error) {
    throw new Unanswered('the commit got no answer', { cause: error });
  }
}
