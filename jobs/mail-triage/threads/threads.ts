/** What a mail says about the conversation it belongs to. */
export interface ThreadedMail {
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: readonly string[];
  readonly subject: string;
}

/** A message id that was seen as a mail's own or was named by one, its thread, and its canonical subject. */
export interface ThreadRow {
  readonly messageId: string;
  readonly thread: string;
  readonly subject: string;
}

/** Rows to store, and threads that turned out to be another. */
export interface JoinedThreads {
  readonly rows: readonly ThreadRow[];
  readonly merged: ReadonlyMap<string, string>;
}

/** A subject without Re:, Fwd:, Aw: and list tags, in lower case: equal for the mails of one conversation. */
export function canonicalSubject(subject: string): string {
  let text = subject.trim();
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(
      /^(?:(?:re|aw|fwd?|wg|tr|rv|sv|vs|antw|ref)(?:\[\d+\])?\s?:|\[[^\]]{1,40}\])\s*/i,
      '',
    );
  }
  return text.replaceAll(/\s+/g, ' ').toLowerCase();
}

/** The ids that a mail's thread is to be found by. */
export function namedIds({ messageId, inReplyTo, references }: ThreadedMail): string[] {
  return [messageId, inReplyTo, ...references].filter((id) => id !== '');
}

/**
 * Joins mails to the threads of `known` rows. In-Reply-To is trusted alone; References only where the
 * canonical subject is the same, since people start new conversations by answering old mails; equal subjects alone join nothing.
 */
export function joinThreads(
  mails: readonly ThreadedMail[],
  known: readonly ThreadRow[],
): JoinedThreads {
  const rows = new Map(known.map((row) => [row.messageId, row]));
  const merged = new Map<string, string>();
  const threadOf = (id: string): string | undefined => {
    let thread = rows.get(id)?.thread;
    while (thread !== undefined && merged.has(thread)) thread = merged.get(thread);
    return thread;
  };
  const touched = new Set<string>();
  for (const mail of mails) {
    const subject = canonicalSubject(mail.subject);
    const joined = relatives(mail, { subject, rows });
    const threads = [
      ...new Set(
        [mail.messageId, ...joined].map(threadOf).filter((thread) => thread !== undefined),
      ),
    ];
    const [thread = mail.messageId, ...others] = threads;
    for (const other of others) merged.set(other, thread);
    rows.set(mail.messageId, { messageId: mail.messageId, thread, subject });
    for (const id of joined) if (!rows.has(id)) rows.set(id, { messageId: id, thread, subject });
    for (const id of [mail.messageId, ...joined]) touched.add(id);
  }
  const stored = [...touched].map((id) => ({ ...rows.get(id)!, thread: threadOf(id)! }));
  const final = new Map([...merged.keys()].map((old) => [old, finalThread(old, merged)]));
  return { rows: stored, merged: final };
}

function relatives(
  { inReplyTo, references, messageId }: ThreadedMail,
  { subject, rows }: { subject: string; rows: ReadonlyMap<string, ThreadRow> },
): string[] {
  const trusted = references.filter((id) => (rows.get(id)?.subject ?? subject) === subject);
  return [...new Set([inReplyTo, ...trusted])].filter((id) => id !== '' && id !== messageId);
}

function finalThread(thread: string, merged: ReadonlyMap<string, string>): string {
  let last = thread;
  while (merged.has(last)) last = merged.get(last)!;
  return last;
}
