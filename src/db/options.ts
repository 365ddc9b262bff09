import { z } from 'zod';
import { serverUrl, text, wholeNumber } from '../core/option.ts';
import type { DatabaseOptions } from './database.ts';

/** What is set of the database; `chooseDatabase` makes of it what `openDatabase` takes. */
export const databaseSettings = z.strictObject({
  url: serverUrl(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database')
    .exactOptional()
    .describe(
      'The PostgreSQL server that keeps runs and results. Without it PGlite keeps them, in this process.',
    ),
  folder: text('the path of a folder')
    .prefault('./data')
    .describe(
      'The folder that PGlite keeps, when there is no DATABASE_URL. One process at a time may hold it.',
    ),
  poolSize: wholeNumber(2, 500)
    .prefault('10')
    .describe('Connections to PostgreSQL that one process holds at most.'),
});

/** Postgres when there is a URL, else PGlite in the folder. */
export function chooseDatabase({
  url,
  folder,
  poolSize,
}: z.output<typeof databaseSettings>): DatabaseOptions {
  return url === undefined ? { kind: 'pglite', folder } : { kind: 'postgres', url, poolSize };
}
