import { Failure } from '../../src/core/errors.ts';
import type { Database } from '../../src/db/index.ts';
import type { CallersTransaction, Enqueuer } from '../../src/runtime/index.ts';
import type { Offer } from './offer.ts';

/** How a producer has its offers accepted. */
export interface Acceptor {
  /**
   * Resolves to the run's id once it is accepted, and to `rolled back` when it certainly was not. Throws what
   * `enqueue` threw, or `Unanswered` when a commit got no answer.
   */
  accept(offer: Offer): Promise<string>;
}

/** Nobody said whether the producer's own transaction is committed. */
export class Unanswered extends Error {}

export function openAcceptor(database: Database, enqueuer: Enqueuer): Acceptor {
  const transactions = openTransactions(database);
  return {
    async accept(offer) {
      const { way, job, delayMs, priority, expiresMs } = offer;
      const options = { delayMs, priority, ...(expiresMs !== undefined && { expiresMs }) };
      const offerIn = (tx: CallersTransaction) =>
        enqueuer.enqueue(job, payloadOf(offer), { ...options, tx });
      if (way === 'by SQL') return acceptBySql(database, offer);
      if (way === 'alone') return enqueuer.enqueue(job, payloadOf(offer), options);
      return transactions(offerIn, way);
    },
  };
}

function payloadOf({ ms, mark, isBad }: Offer) {
  return { ms: isBad ? 'a while' : ms, mark };
}

async function acceptBySql(database: Database, offer: Offer): Promise<string> {
  const { job, delayMs, priority, expiresMs } = offer;
  const options = {
    priority,
    ...(delayMs > 0 && { delay: `${delayMs}ms` }),
    ...(expiresMs !== undefined && { expires: `${expiresMs}ms` }),
  };
  const [row] = await database.query<{ run: string }>(
    'select nightshift.enqueue($1, $2::jsonb, $3::jsonb) as run',
    [job, JSON.stringify(payloadOf(offer)), JSON.stringify(options)],
  );
  return row!.run;
}

type Transactions = (
  work: (tx: CallersTransaction) => Promise<string>,
  end: 'committed' | 'rolled back',
) => Promise<string>;

/** As an application has them: clients of `pg` of its own, where there is a server. */
function openTransactions({ driver, transaction }: Database): Transactions {
  if (driver.kind === 'pglite')
    return (work, end) =>
      transaction(async (tx) => {
        const run = await work(tx);
        if (end === 'rolled back') throw new RolledBack();
        return run;
      }).catch((error: unknown) => {
        if (error instanceof RolledBack) return end;
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
      return end === 'committed' ? run : end;
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
