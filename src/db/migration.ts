/** One step of the schema, in plain SQL; `down` undoes exactly what `up` did. A released one is never edited. */
export interface Migration {
  readonly up: string;
  readonly down: string;
}

export type Direction = 'up' | 'down';

/** Where the names of those applied are kept. */
export const migrationsTable = { schema: 'nightshift', table: 'migrations' } as const;
