import { z } from 'zod';
import { bytes, milliseconds } from '../core/option.ts';

/** What is taken from webhooks, and kept of them. */
export const hookOptions = z.strictObject({
  limitBytes: bytes('1kb', '64mb')
    .prefault('25mb')
    .describe('The largest body that a webhook may deliver; GitHub sends up to 25mb.'),
  keepBodyBytes: bytes('0b', '64mb')
    .prefault('1mb')
    .describe(
      'The largest body of a webhook that is kept with its delivery; a larger one cannot be delivered again from here.',
    ),
  keepMs: milliseconds('1h', '3650d')
    .prefault('30d')
    .describe(
      'How long deliveries of webhooks are kept. For as long one that comes again is known and triggers nothing.',
    ),
});

export type HookOptions = z.output<typeof hookOptions>;
