/** Which conversation each message id belongs to, mails not seen yet included. */
export const threads = {
  up: `
create table nightshift.mail_triage_threads (
  mailbox text not null,
  message_id text not null,
  thread text not null,
  subject text not null,
  primary key (mailbox, message_id)
);
create index mail_triage_threads_thread on nightshift.mail_triage_threads (mailbox, thread);`,
  down: `drop table nightshift.mail_triage_threads;`,
};
