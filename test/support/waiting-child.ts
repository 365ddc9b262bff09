// The child of an isolated attempt in the tests of waiting runs: as workers/attempt.ts, with their jobs.
import { openCatalogue, serveAttempt } from '../../src/runtime/child.ts';
import { waitingJobs } from './waiting-jobs.ts';

serveAttempt({
  findJob: async (name) => openCatalogue(waitingJobs).find(name),
  openProviders: async () => ({ database: ({ sql }) => sql }),
});
