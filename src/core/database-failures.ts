/** What can be wrong with the database and its folder, as the one table of failures has it. */
export const databaseFailures = {
  'database.url_invalid': [
    'invalid',
    '{variable} is not a Postgres URL: {reason}. Write postgres://user:password@host:5432/database',
  ],
  'database.unreachable': [
    'unavailable',
    'Postgres at {host}:{port} does not answer: {reason}. Start it, or correct {variable}.',
  ],
  'database.refused': [
    'unavailable',
    'Postgres at {host}:{port} refused the connection: {reason}. Correct the user, password or database in {variable}.',
  ],
  'database.too_old': [
    'unavailable',
    'Postgres at {host}:{port} is version {version}, and {minimum} or newer is needed. Upgrade it, or point DATABASE_URL at another.',
  ],
  'database.pooled': [
    'unavailable',
    '{variable} leads to a pooler at {host}:{port} that hands out sessions by transaction, as PgBouncer in transaction mode does. Set DATABASE_DIRECT_URL to Postgres itself: notifications and migrations need a session of their own.',
  ],
  'database.elsewhere': [
    'invalid',
    'DATABASE_DIRECT_URL leads to the database {database} at {host}:{port}, which is not the one of DATABASE_URL. Both must name the same database of one server.',
  ],
  'database.busy': [
    'limited',
    'All {size} database connections were busy for {seconds} s; try again, or run fewer things at once.',
  ],
  'database.closed': ['unavailable', 'The database is closed, because this process is stopping.'],
  'database.aborted': [
    'bug',
    'The transaction went on after a statement of it had failed, and was rolled back; let the error through.',
  ],
  'database.folder_locked': [
    'conflict',
    'The data folder {folder} is in use by process {pid} on {host}, running since {since} ({command}). Stop that process, or set NIGHTSHIFT_DATA to another folder.',
  ],
  'database.folder_readonly': [
    'denied',
    'The data folder {folder} cannot be written ({reason}). Let the user that Nightshift runs as write it, or set NIGHTSHIFT_DATA to another folder.',
  ],
  'database.folder_full': [
    'unavailable',
    'The disk of the data folder {folder} is full ({reason}). Free space and start Nightshift again; what was accepted is kept.',
  ],
  'database.folder_broken': [
    'unavailable',
    'The data folder {folder} cannot be used: {reason}. Restore it from a backup, or set NIGHTSHIFT_DATA to another folder.',
  ],
  'database.schema_newer': [
    'conflict',
    'The database has migrations that this version of Nightshift does not know: {names}. Run the newer version, or undo them with it: nightshift migrate down',
  ],
  'database.not_migrated': [
    'unavailable',
    'The database lacks {count} of the migrations, first {name}. Run: nightshift migrate up',
  ],
  'database.migration_failed': [
    'unavailable',
    'The migration {name} failed to go {direction}, and nothing was changed: {reason}',
  ],
} as const;
