import { z } from 'zod';
import { text } from '../core/option.ts';

/** Where results go that are too large for the database. */
export const archiveSettings = z.strictObject({
  folder: text('the path of a folder')
    .exactOptional()
    .describe(
      'The folder that keeps results too large for the database; without it, the folder archive in NIGHTSHIFT_DATA. On several machines it has to be one folder that they share.',
    ),
});
