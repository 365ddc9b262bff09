import { z } from 'zod';
import { oneOf, text } from '../src/core/option.ts';

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
});

export type InstallationOptions = z.output<typeof installationOptions>;

export type LogOptions = z.output<typeof logOptions>;

export type ProfileName = InstallationOptions['profile'];
