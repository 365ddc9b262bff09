import type { Sql } from '../../src/core/sql.ts';
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
