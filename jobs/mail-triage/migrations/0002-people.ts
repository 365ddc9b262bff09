/** Who writes to whom in a mailbox, and what of each mail decides whether its conversation waits for somebody. */
export const people = {
  up: `
create table nightshift.mail_triage_contacts (
  mailbox text not null,
  address text not null,
  name text not null,
  votes double precision not null,
  received integer not null,
  primary key (mailbox, address)
);
create table nightshift.mail_triage_letters (
  mailbox text not null,
  sender text not null,
  recipient text not null,
  primary key (mailbox, sender, recipient)
);
create table nightshift.mail_triage_mails (
  mailbox text not null,
  id text not null,
  message_id text not null,
  sender text not null,
  sent_at timestamptz,
  role text not null,
  category text not null,
  is_settled boolean not null,
  primary key (mailbox, id)
);
create index mail_triage_mails_message_id on nightshift.mail_triage_mails (mailbox, message_id);`,
  down: `
drop table nightshift.mail_triage_mails;
drop table nightshift.mail_triage_letters;
drop table nightshift.mail_triage_contacts;`,
};
