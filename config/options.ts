import { z } from 'zod';
import { bytes, listOf, oneOf, text, wholeNumber } from '../src/core/option.ts';

/** What concerns the installation as a whole. */
export const installationOptions = z.strictObject({
  profile: oneOf(['minimal', 'development', 'full', 'testing'])
    .prefault('full')
    .describe('Which set of defaults applies; see the profiles below.'),
  mailbox: text('the name or path of a mailbox')
    .prefault('sample')
    .describe(
      'The mailbox that is triaged by schedule: a name from config/mailboxes.ts, or the path of a Maildir, an mbox file or a folder of .eml files.',
    ),
});

/** What a process tells about itself. */
export const logOptions = z.strictObject({
  level: oneOf(['debug', 'info', 'warn', 'error'])
    .prefault('info')
    .describe('The least important messages that a process writes to its own log.'),
  file: text('the path of a file')
    .exactOptional()
    .describe(
      'The file that a process logs to, as JSON lines, instead of standard error; its folder is made. It gets a number (`nightshift.log` is `nightshift.1.log`), and each process needs a name of its own. Commands that end by themselves go on telling on standard error.',
    ),
  fileBytes: bytes('1kb', '10gb')
    .prefault('10mb')
    .describe('A log file that is larger is followed by the next.'),
  filesKept: wholeNumber(1, 1000)
    .prefault('10')
    .describe('Log files that are kept, the current one among them; the oldest go.'),
  redact: listOf(/^[\w-]{2,60}$/, 'parts of names such as iban,diagnosis')
    .exactOptional()
    .describe(
      'Fields that the log does not tell, by parts of their names, beside those that it never does: passwords, secrets, tokens, keys, cookies, Authorization.',
    ),
});

export type InstallationOptions = z.output<typeof installationOptions>;

export type LogOptions = z.output<typeof logOptions>;

export type ProfileName = InstallationOptions['profile'];
