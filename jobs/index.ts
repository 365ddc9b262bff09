import type { AnyJob } from '../src/core/job.ts';
import { mailTriage, mailTriageMigrations } from './mail-triage/index.ts';

export { mailTriage };

/** The jobs of this installation. Adding a job is adding a folder, and a line here. */
export const jobs: readonly AnyJob[] = [mailTriage];

/** The tables that jobs keep for themselves, by the name of the migration. */
export const jobMigrations = { ...mailTriageMigrations };
