// The child of an isolated attempt in these tests: as workers/attempt.ts, with their jobs.
import { openCatalogue, serveAttempt } from '../../../src/runtime/child.ts';
import { jobs } from './jobs.ts';

serveAttempt({
  findJob: async (name) => openCatalogue(jobs).find(name),
  openProviders: async () => ({ database: ({ sql }) => sql }),
});
