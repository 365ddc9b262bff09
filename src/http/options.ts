import { z } from 'zod';
import { matching, wholeNumber } from '../core/option.ts';

/** Where `web` and `start` listen when PORT is not set. */
export const usualPort = 2300;

/** Where a process answers over HTTP. */
export const httpOptions = z.strictObject({
  port: wholeNumber(0, 65_535)
    .exactOptional()
    .describe(
      `The port that \`web\` and \`start\` serve the API on, ${usualPort} when it is not set; 0 takes any that is free. A worker or control process serves \`/health\` and \`/metrics\` on it, and nothing when it is not set.`,
    ),
  host: matching(/^[\w.:-]+$/, 'an address or name of this machine, such as 127.0.0.1 or 0.0.0.0')
    .prefault('127.0.0.1')
    .describe(
      'The address that PORT is opened on. The API needs a key, which goes over the wire as it is: let other machines reach it through a proxy that speaks TLS.',
    ),
});

export type HttpOptions = z.output<typeof httpOptions>;
