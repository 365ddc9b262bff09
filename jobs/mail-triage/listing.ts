import type { Documents, Mailbox, MailEntry } from '../../src/core/connectors.ts';
import { keyOf } from './mail-key.ts';

/** What is new in a mailbox, oldest first. */
export interface Listing {
  readonly unread: string[];
  readonly known: number;
  /** New mails beyond the limit. */
  readonly remaining: number;
}

const pageSize = 500;

/** The ids of at most `limit` mails that no run has stored yet; asks for them a page at a time. */
export async function listUnread(
  mailbox: Mailbox,
  { documents, limit, signal }: { documents: Documents; limit: number; signal: AbortSignal },
): Promise<Listing> {
  const unread = new Set<string>();
  let known = 0;
  let remaining = 0;
  let page: string[] = [];
  const turnPage = async () => {
    signal.throwIfAborted();
    const stored = await documents.known(
      'mail',
      page.map((id) => keyOf(mailbox.name, id)),
    );
    for (const id of page) {
      if (stored.has(keyOf(mailbox.name, id))) known++;
      else if (unread.size < limit) unread.add(id);
      else if (!unread.has(id)) remaining++;
    }
    page = [];
  };
  for await (const { id } of mailbox.entries()) {
    page.push(id);
    if (page.length === pageSize) await turnPage();
  }
  if (page.length > 0) await turnPage();
  return { unread: [...unread], known, remaining };
}

/** The entries of `ids`; one that is no longer in the mailbox is left out. */
export async function pickEntries(
  mailbox: Mailbox,
  ids: ReadonlySet<string>,
): Promise<Map<string, MailEntry>> {
  const entries = new Map<string, MailEntry>();
  if (ids.size === 0) return entries;
  for await (const entry of mailbox.entries()) {
    if (ids.has(entry.id)) entries.set(entry.id, entry);
    if (entries.size === ids.size) break;
  }
  return entries;
}
