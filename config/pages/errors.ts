import { type FailureKind, failures } from '../../src/core/failures.ts';
import { code, renderTable } from './markdown.ts';

/** docs/errors.md, from the table of failures. */
export function errorsPage(): string {
  const rows = Object.entries(failures).map(([name, [kind, sentence]]) => [
    code(name),
    kind,
    code(sentence),
  ]);
  const sorted = rows.sort(([a = ''], [b = '']) => a.localeCompare(b, 'en'));
  return `# Failures

<!-- Printed from the code by \`npm run docs\`: edit src/core/failures.ts instead. -->

Whatever goes wrong in a way that was foreseen is a failure with a code for programs and a sentence for people. Its kind
says whose turn it is.

${renderTable(['kind', 'what it means'], Object.entries(meanings))}

${renderTable(['code', 'kind', 'sentence'], sorted)}
`;
}

const meanings: Record<FailureKind, string> = {
  invalid: 'What was given is wrong: correct it.',
  denied: 'Not with these rights.',
  missing: 'What was named is not there.',
  conflict: 'It does not fit the state things are in: look at it, then decide anew.',
  limited: 'A limit was reached: wait, ask for less, or raise it.',
  unavailable: 'Something that is needed does not answer: try again later.',
  bug: 'The code of a job or of Nightshift is at fault.',
};
