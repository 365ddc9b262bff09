/** One step of the schema, in plain SQL; `down` undoes exactly what `up` did. A released one is never edited. */
export interface Migration {
  readonly up: string;
  readonly down: string;
}

/** Where the applied migrations are written down. */
export const migrationTable = { schema: 'nightshift', name: 'migrations' } as const;
