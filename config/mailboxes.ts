import { join } from 'node:path';

/**
 * The mailboxes that have a name, and the path of each: a Maildir, an mbox file or a folder of .eml files.
 * Add yours here to give it a name that outlives a move; any other is opened by its path.
 */
export const mailboxes: Readonly<Record<string, string>> = {
  sample: join(import.meta.dirname, '../examples/mailbox'),
};
