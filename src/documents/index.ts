import { documents } from './migrations/0001-documents.ts';
import { jobsOfDocuments } from './migrations/0002-jobs.ts';

export {
  correctDecision,
  type DecisionList,
  type DecisionsRequest,
  listDecisions,
} from './decisions.ts';
export { type Document, findDocument } from './document.ts';
export { openDocuments } from './documents.ts';
export type { Correction, Decision } from './queries/decisions.ts';
export { type FacetCounts } from './queries/matches.ts';
export { type Hit, type SearchRequest, type SearchResult, searchDocuments } from './search.ts';
export { markEnd, markStart } from './snippet.ts';

/** The migrations of documents and decisions, by name. */
export const documentsMigrations = {
  'documents/0001-documents': documents,
  'documents/0002-jobs': jobsOfDocuments,
};
