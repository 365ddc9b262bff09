// The door for the child of an isolated attempt, which loads no more than it needs.
export { openCatalogue } from './catalogue.ts';
export { serveAttempt } from './isolation/serve.ts';
