/** One mail as a mailbox lists it, before it is read. */
export interface MailEntry {
  /** Stable for the life of the mail in this mailbox: what "nothing is read twice" rests on. */
  readonly id: string;
  /** Size in bytes. */
  readonly size: number;
  /** The raw RFC 5322 bytes, at most `maxBytes` of them. */
  read(maxBytes?: number): Promise<Uint8Array>;
}

/** A mailbox that was opened. Entries come in a stable order, oldest first where the store knows. */
export interface Mailbox {
  /** What it was opened by, for people. */
  readonly name: string;
  entries(): AsyncIterable<MailEntry>;
}

/** Opens a mailbox by its configured name or by a path (Maildir, mbox file, folder of .eml). */
export interface Mailboxes {
  open(name: string): Promise<Mailbox>;
}

/** Anything searchable that a job stored; `kind` and `key` together name it for ever. */
export interface NewDocument {
  readonly kind: string;
  readonly key: string;
  readonly title: string;
  readonly body: string;
  /** When the thing itself is from, as opposed to when it was stored. */
  readonly at?: Date;
  /** What people filter and count by: short names and values. */
  readonly facets?: Readonly<Record<string, string>>;
  /** What views need and nobody searches. */
  readonly data?: unknown;
}

/** Something a job judged about a document, which a person may correct. */
export interface NewDecision {
  readonly document: { readonly kind: string; readonly key: string };
  /** What was decided: `category`, `priority`. */
  readonly question: string;
  readonly answer: string;
  /** 0 … 1. */
  readonly confidence: number;
  readonly reasons: readonly string[];
}

/** A document as it is stored, with the questions about it whose answers a person corrected. */
export interface ReadDocument extends NewDocument {
  readonly corrected: readonly string[];
}

/** Where jobs put what should be found again. Inside `ctx.transaction` it joins the transaction. */
export interface Documents {
  /** Stores or replaces each document, by kind and key. */
  put(documents: readonly NewDocument[]): Promise<void>;
  /** Stores or replaces each decision; one that a person corrected keeps the correction. */
  decide(decisions: readonly NewDecision[]): Promise<void>;
  /** Which of `keys` are already stored under `kind`. */
  known(kind: string, keys: readonly string[]): Promise<Set<string>>;
  /** Those of `keys` that are stored under `kind`, in no particular order. */
  read(kind: string, keys: readonly string[]): Promise<ReadDocument[]>;
}
