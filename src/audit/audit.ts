import type { Archive } from '../core/archive.ts';
import type { AuditAction, Author, NewAuditEntry } from '../core/audit.ts';
import type { Sql, TransactionalSql } from '../core/sql.ts';
import { type Database, openGroupCommit } from '../db/index.ts';
import { findProtection } from './protect.ts';
import { insertEntries, takeTurn } from './queries/entries.ts';
import { openRefusals, type Refused } from './refusals.ts';
import type { Signer } from './signing.ts';
import type { Verification } from './verification.ts';
import { verifyLog } from './verify.ts';

/** Writes down who changed, saw or was refused what. */
export interface Audit {
  /**
   * The database for one change: a transaction that is opened on it ends with the entry of the change, or neither
   * is kept. Single statements are not written down.
   */
  during(author: Author, change: Change): TransactionalSql;
  /** Resolves once the entry is committed; entries of a moment share a commit. */
  write(entry: NewAuditEntry): Promise<void>;
  /** Writes a refusal down soon; what repeats within a minute is one more entry, with their number. */
  refuse(refused: Refused): void;
  /** Looks at the whole log; `trust`: public keys whose signatures count beside that of this installation. */
  verify(trust?: readonly string[]): Promise<Verification>;
  /** Writes down what is counted; twice is fine. */
  close(): Promise<void>;
}

/** What is about to be changed. */
export interface Change extends Pick<NewAuditEntry, 'action' | 'resource' | 'details'> {
  readonly action: AuditAction;
  readonly ids?: readonly string[];
  /** What it is like, asked before the change and after it, in its transaction; changes of one thing take turns. */
  look?(tx: Sql): Promise<unknown>;
  /** There is no entry where it looks the same before and after: nobody has asked for the change. */
  readonly isQuiet?: true;
  /** What the transaction's answer tells of the change; undefined: it changed nothing. */
  tell?(answer: unknown): Told | undefined;
}

export type Told = Partial<Pick<NewAuditEntry, 'ids' | 'before' | 'after' | 'details'>>;

export interface AuditServices {
  readonly database: Database;
  readonly signer?: Signer | undefined;
  /** Where checkpoints are written to as well. */
  readonly archive?: Archive | undefined;
  onError(error: unknown): void;
}

export function openAudit({ database, signer, archive, onError }: AuditServices): Audit {
  const entries = openGroupCommit<NewAuditEntry, void>({
    flush: async (items) => {
      await insertEntries(database, items);
      return Array<void>(items.length);
    },
  });
  const refusals = openRefusals((entry) => void entries.add(entry).catch(onError));
  let closing: Promise<void> | undefined;

  return {
    during: (author, change) => ({
      query: (...statement) => database.query(...statement),
      transaction: (work) => database.transaction((tx) => changeIn(tx, { author, change, work })),
    }),
    write: entries.add,
    refuse: refusals.note,
    async verify(trust = []) {
      const trusted = [...trust, ...(signer ? [signer.publicKey] : [])];
      const verified = await verifyLog(database, { trusted, archive });
      const { isPrevented, says } = await findProtection(database);
      return isPrevented ? verified : { ...verified, warnings: [...verified.warnings, says] };
    },
    close: () =>
      (closing ??= (async () => {
        refusals.close();
        await entries.drained();
      })()),
  };
}

interface Changing<T> {
  readonly author: Author;
  readonly change: Change;
  work(tx: Sql): Promise<T>;
}

async function changeIn<T>(tx: Sql, { author, change, work }: Changing<T>): Promise<T> {
  const { look, tell, isQuiet, ...said } = change;
  if (look) await takeTurn(tx, change);
  const before = await look?.(tx);
  const answer = await work(tx);
  const told = tell ? tell(answer) : {};
  const after = told && (await look?.(tx));
  const isSame = isQuiet && JSON.stringify(before) === JSON.stringify(after);
  if (told && !isSame)
    await insertEntries(tx, [
      { ...author, outcome: 'done', ids: [], before, after, ...said, ...told },
    ]);
  return answer;
}
