import { type DatabaseOptions, openDatabase } from '../../src/db/index.ts';
import type { TestPlace } from './database.ts';

/** The folder of a place of PGlite. */
export const folderOf = ({ options }: TestPlace) =>
  (options as Extract<DatabaseOptions, { kind: 'pglite' }>).folder;

/** Opens, asks and closes; the code and message of what went wrong, or nothing. */
export async function tryFolder(folder: string): Promise<string | undefined> {
  try {
    const database = await openDatabase({ kind: 'pglite', folder });
    await database.query('select 1');
    await database.close();
    return undefined;
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
}
