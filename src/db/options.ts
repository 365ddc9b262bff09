import { z } from 'zod';
import { serverUrl, text, wholeNumber } from '../core/option.ts';
import { fewestConnections } from './connections.ts';
import type { DatabaseOptions } from './database.ts';

/** What is set of the database; `chooseDatabase` makes of it what `openDatabase` takes. */
export const databaseSettings = z.strictObject({
  url: serverUrl(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database')
    .exactOptional()
    .describe(
      'The PostgreSQL server that keeps runs and results. Without it PGlite keeps them, in this process.',
    ),
  directUrl: serverUrl(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database')
    .exactOptional()
    .describe(
      'PostgreSQL itself, when DATABASE_URL leads to a PgBouncer in transaction mode: for notifications, migrations, the control plane and queues in PostgreSQL.',
    ),
  folder: text('the path of a folder')
    .prefault('./data')
    .describe(
      'The folder that PGlite keeps, when there is no DATABASE_URL. One process at a time may hold it.',
    ),
  connections: wholeNumber(fewestConnections, 500)
    .prefault('16')
    .describe(
      'Connections to PostgreSQL that one process holds at most, all uses together. So many times the number of processes must fit into its max_connections.',
    ),
});

/** Postgres when there is a URL, else PGlite in the folder. */
export function chooseDatabase(
  { folder, url, ...server }: z.output<typeof databaseSettings>,
  { carriesQueues }: { readonly carriesQueues: boolean },
): DatabaseOptions {
  return url === undefined
    ? { kind: 'pglite', folder }
    : { kind: 'postgres', url, ...server, carriesQueues };
}
