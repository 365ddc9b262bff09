// The child of an isolated attempt of the load. Started by the workers of node.ts.
import type { Sql } from '../../src/core/sql.ts';
import { openCatalogue, serveAttempt } from '../../src/runtime/child.ts';
import { chaosJobs } from './jobs.ts';
import { openJournal, type Tell } from './journal.ts';

/** What its worker hands it. */
export interface ChildSetup {
  /** The worker's journal; the child writes one beside it. */
  readonly journal: string;
}

let tell: Tell | undefined;
const jobs = chaosJobs({
  tell: (told) => tell!(told),
  enqueue: () => Promise.reject(new Error('an isolated job of the load enqueues nothing')),
});
const catalogue = openCatalogue(jobs);

serveAttempt({
  findJob: async (name) => catalogue.find(name),
  openProviders: async ({ journal }: ChildSetup) => {
    ({ tell } = openJournal(`${journal}-child-${process.pid}`));
    return { database: ({ sql }: { sql: Sql }) => sql };
  },
});
