export { type MailboxesOptions, openMailboxes } from './mailboxes.ts';
