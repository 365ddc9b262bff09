import { keepCompiledCode } from '../src/app/compile-cache.ts';

// One attempt of a job with isolation: 'process'; its worker starts this file. It is started for every such
// attempt, so that compiled code is kept.
keepCompiledCode();
const { runAttempt } = await import('../src/app/child.ts');
runAttempt();
