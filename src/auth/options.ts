import { z } from 'zod';
import { wholeNumber } from '../core/option.ts';

/** Who may ask for how much. */
export const authOptions = z.strictObject({
  ratePerMinute: wholeNumber(1, 100_000_000)
    .prefault('12000')
    .describe(
      'Requests that a key may make in a minute, all processes together, unless it was given a rate of its own.',
    ),
});

export type AuthOptions = z.output<typeof authOptions>;
