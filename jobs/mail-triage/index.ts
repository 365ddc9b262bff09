import { threads } from './migrations/0001-threads.ts';
import { people } from './migrations/0002-people.ts';

export { mailTriage } from './job.ts';
export { listActions, listImportant, type StoredMail } from './view.ts';

/** The job's own tables, in the order they are made. */
export const mailTriageMigrations = {
  'mail-triage/0001-threads': threads,
  'mail-triage/0002-people': people,
};
