import type { Sql } from '../../src/core/sql.ts';
import type { Acquaintance, Letter } from './people/acquaintance.ts';
import type { Contact } from './people/people.ts';
import type { ThreadMail } from './threads/settle.ts';
import { joinThreads, namedIds, type ThreadedMail, type ThreadRow } from './threads/threads.ts';

/** Joins mails to the threads of their mailbox: three statements, however many mails. */
export async function storeThreads(
  sql: Sql,
  mailbox: string,
  mails: readonly ThreadedMail[],
): Promise<void> {
  const known = await sql.query<ThreadRow>(
    `select message_id as "messageId", thread, subject from nightshift.mail_triage_threads
     where mailbox = $1 and message_id = any($2)`,
    [mailbox, [...new Set(mails.flatMap(namedIds))]],
  );
  const { rows, merged } = joinThreads(mails, known);
  if (merged.size > 0) {
    await sql.query(
      `update nightshift.mail_triage_threads threads set thread = merged.into_thread
       from unnest($2::text[], $3::text[]) as merged (from_thread, into_thread)
       where threads.mailbox = $1 and threads.thread = merged.from_thread`,
      [mailbox, [...merged.keys()], [...merged.values()]],
    );
  }
  await sql.query(
    `insert into nightshift.mail_triage_threads (mailbox, message_id, thread, subject)
     select $1, * from unnest($2::text[], $3::text[], $4::text[])
     on conflict (mailbox, message_id) do update set thread = excluded.thread, subject = excluded.subject`,
    [
      mailbox,
      rows.map((row) => row.messageId),
      rows.map((row) => row.thread),
      rows.map((row) => row.subject),
    ],
  );
}

/** A mail as its conversation is settled by. */
export interface SettledMail extends Omit<ThreadMail, 'thread' | 'isSettled'> {
  readonly messageId: string;
}

/** Stores what decides about the conversations of mails, and lists all mails of those conversations. */
export async function storeMails(
  sql: Sql,
  mailbox: string,
  mails: readonly SettledMail[],
): Promise<ThreadMail[]> {
  await sql.query(
    `insert into nightshift.mail_triage_mails
       (mailbox, id, message_id, sender, sent_at, role, category, is_settled)
     select $1, *, false
     from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[])
     on conflict (mailbox, id) do nothing`,
    [
      mailbox,
      mails.map(({ id }) => id),
      mails.map(({ messageId }) => messageId),
      mails.map(({ sender }) => sender),
      mails.map(({ sentAt }) => sentAt?.toISOString() ?? null),
      mails.map(({ role }) => role),
      mails.map(({ category }) => category),
    ],
  );
  return sql.query<ThreadMail>(
    `select mails.id, threads.thread, mails.sender, mails.sent_at as "sentAt", mails.role, mails.category,
       mails.is_settled as "isSettled"
     from nightshift.mail_triage_threads threads
     join nightshift.mail_triage_mails mails using (mailbox, message_id)
     where mailbox = $1 and threads.thread in (
       select thread from nightshift.mail_triage_threads where mailbox = $1 and message_id = any($2))
     order by mails.sent_at nulls last, mails.id`,
    [mailbox, mails.map(({ messageId }) => messageId)],
  );
}

/** Notes which mails need not be settled again. */
export async function storeSettled(
  sql: Sql,
  mailbox: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `update nightshift.mail_triage_mails set is_settled = true where mailbox = $1 and id = any($2)`,
    [mailbox, ids],
  );
}

const mostContacts = 2000;
const mostLetters = 5000;

/** The people of a mailbox: those most seen, and those that `addresses` name. */
export async function findAcquaintance(
  sql: Sql,
  mailbox: string,
  addresses: readonly string[],
): Promise<Acquaintance> {
  const contacts = await sql.query<Contact>(
    `(select address, name, votes, received from nightshift.mail_triage_contacts
      where mailbox = $1 order by votes desc, address limit $3)
     union
     select address, name, votes, received from nightshift.mail_triage_contacts
     where mailbox = $1 and address = any($2)
     order by votes desc, address`,
    [mailbox, addresses, mostContacts],
  );
  // Only an owner's letters count, and the owner is among the first.
  const owners = contacts.slice(0, 20).map(({ address }) => address);
  const letters = await sql.query<Letter>(
    `select sender, recipient from nightshift.mail_triage_letters
     where mailbox = $1 and sender = any($2) order by sender, recipient limit $3`,
    [mailbox, owners, mostLetters],
  );
  return { contacts, letters };
}

/** Adds to what is known of the people of a mailbox. */
export async function storeAcquaintance(
  sql: Sql,
  mailbox: string,
  { contacts, letters }: Acquaintance,
): Promise<void> {
  await sql.query(
    `insert into nightshift.mail_triage_contacts as known (mailbox, address, name, votes, received)
     select $1, * from unnest($2::text[], $3::text[], $4::float8[], $5::int[])
     on conflict (mailbox, address) do update set votes = known.votes + excluded.votes,
       received = known.received + excluded.received,
       name = case when excluded.name = '' then known.name else excluded.name end`,
    [
      mailbox,
      contacts.map(({ address }) => address),
      contacts.map(({ name }) => name),
      contacts.map(({ votes }) => votes),
      contacts.map(({ received }) => received),
    ],
  );
  await sql.query(
    `insert into nightshift.mail_triage_letters (mailbox, sender, recipient)
     select $1, * from unnest($2::text[], $3::text[]) on conflict do nothing`,
    [mailbox, letters.map(({ sender }) => sender), letters.map(({ recipient }) => recipient)],
  );
}
