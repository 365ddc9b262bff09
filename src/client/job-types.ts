import { renderSchema, type Schema } from './schema-types.ts';

/** What `GET /api/v1/jobs` says of a job, as far as its types go. */
export interface DescribedJob {
  readonly name: string;
  readonly summary: string;
  readonly payload: Schema;
  readonly result: Schema;
}

/**
 * A module of TypeScript with the types of `jobs`: an interface `Jobs`, to be given to `openClient<Jobs>`. The same
 * jobs give the same text, so that it can be committed and compared.
 */
export function renderJobTypes(jobs: readonly DescribedJob[]): string {
  const sorted = [...jobs].sort((a, b) => (a.name < b.name ? -1 : 1));
  const shared: string[] = [];
  const members = sorted.map(({ name, summary, payload, result }) => {
    const nameOf = (of: 'Payload' | 'Result') => `${toTypeName(name)}${of}`;
    const rendered = {
      payload: renderSchema(payload, nameOf('Payload')),
      result: renderSchema(result, nameOf('Result')),
    };
    shared.push(...rendered.payload.shared, ...rendered.result.shared);
    return [
      comment(summary),
      `  readonly '${name}': {`,
      indent(`readonly payload: ${rendered.payload.type};`),
      indent(`readonly result: ${rendered.result.type};`),
      '  };',
    ].join('\n');
  });
  const body = members.length === 0 ? '' : `\n${members.join('\n')}\n`;
  return `${[head, ...shared, `export interface Jobs {${body}}`].join('\n\n')}\n`;
}

const head = `// Written by nightshift-types from the jobs of the server. Write it anew when they change.`;

function comment(text: string): string {
  return `  /** ${text.replaceAll('*/', '* /')} */`;
}

function indent(text: string): string {
  return `    ${text.replaceAll('\n', '\n    ')}`;
}

function toTypeName(job: string): string {
  return job.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
