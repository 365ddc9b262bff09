import { profiles } from '../profiles.ts';
import { listVariables, type Variable } from '../variables.ts';
import { code, renderTable } from './markdown.ts';

/** docs/configuration.md, from the schemas and the profiles. */
export function configurationPage(): string {
  const variables = renderTable(
    ['variable', 'what it sets', 'allowed', 'default'],
    listVariables().map(describe),
  );
  const changes = renderTable(
    ['profile', 'changes'],
    Object.entries(profiles).map(([name, defaults]) => [code(name), describeDefaults(defaults)]),
  );
  return `# Configuration

<!-- Printed from the code by \`npm run docs\`: edit an options.ts or config/ instead. -->

${introduction}

## Variables

${variables}

${rules}

## Profiles

\`NIGHTSHIFT_PROFILE\` changes defaults; whatever is set is stronger.

${changes}

${inCode}
`;
}

const introduction = `Nightshift runs with nothing set. What is set comes from environment variables and from a file \`.env\` in the folder that
it is started in; the environment is stronger than the file. An empty value counts as none, and in the environment it
hides the file's. Durations are written as \`500ms\`, \`10s\`, \`15m\`, \`2h\` or \`7d\`.

\`nightshift config print\` shows every effective value and where it came from, passwords masked; \`nightshift config check\`
only checks. A wrong value stops the start with exit status 2, and all faults are told at once.`;

const rules = `- \`DATABASE_URL\` and \`REDIS_URL\` choose the footprint: neither is *embedded*, the first alone is *Postgres*, both are the
  *cluster*. \`REDIS_URL\` alone is an error: Redis carries the queues, and something has to keep the runs.
- \`NIGHTSHIFT_HEARTBEAT\` is at most a third of \`NIGHTSHIFT_DETECTION\`, else one late heartbeat would count as a death.
- \`NIGHTSHIFT_ARCHIVE\` has to be one folder that all machines share (NFS, a cloud file share) as soon as there are several: a
  retry may run elsewhere and needs the results of the steps before it. \`nightshift doctor\` checks that it can be written.
- \`NIGHTSHIFT_RESULT_INLINE\` is at most \`NIGHTSHIFT_RESULT_LIMIT\`.
- A variable that is nearly one of these, such as \`DATABSE_URL\`, is an error while the right one is not mentioned. If it
  belongs to something else, mention the right one, if only empty: \`DATABASE_URL=\`. Any other unknown \`NIGHTSHIFT_…\` is
  a warning.
- \`NIGHTSHIFT_HOOK_<NAME>_SECRETS\`, as in \`NIGHTSHIFT_HOOK_GITHUB_SECRETS\`: what the sender of the [webhook](guides/webhooks.md) signs with;
  several, separated by commas, while one replaces another. They are never printed; one for a hook that does not exist is an
  error, one of less than 16 characters a warning.
- A variable without effect, such as \`NIGHTSHIFT_DATABASE_CONNECTIONS\` without \`DATABASE_URL\`, is a warning.`;

const inCode = `## What is written in code

- \`config/mailboxes.ts\`: the mailboxes that have a name, and their paths.
- \`config/roles.ts\`: roles beside [the built-in ones](roles.md).
- \`config/schedules.ts\`: which job runs when, with which payload; a payload that does not fit its job does not compile.
- \`config/hooks.ts\`: the webhooks, who signs them, and which of their events trigger which job.`;

function describe(variable: Variable): string[] {
  const { name, description, allowed, default: byDefault } = variable;
  return [code(name), description, allowed, byDefault === undefined ? 'not set' : code(byDefault)];
}

function describeDefaults(defaults: Readonly<Record<string, string>>): string {
  const changes = Object.entries(defaults).map(([name, value]) => code(`${name}=${value}`));
  return changes.length === 0 ? 'nothing' : changes.join(', ');
}
