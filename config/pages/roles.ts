import { allPermissions, permissions } from '../../src/core/permissions.ts';
import { collectRoles } from '../../src/core/roles.ts';
import { permissionsOf, type RouteGuard, routeGuards } from '../../src/core/route-guards.ts';
import { roles as custom } from '../roles.ts';
import { code, renderTable } from './markdown.ts';

/** docs/roles.md, from the tables of roles, permissions and routes. */
export function rolesPage(): string {
  const roles = collectRoles(custom);
  const summaries = roles.all.map(({ name, summary }) => [code(name), summary]);
  const may = allPermissions.map((permission) => [
    code(permission),
    permissions[permission],
    ...roles.all.map((role) => (role.permissions.includes(permission) ? 'yes' : '')),
  ]);
  const routes = Object.entries(routeGuards).map(([route, guard]) => [
    code(route),
    `${permissionsOf(guard).map(code).join(' or ') || 'no key'}${guard.reveals ? ' and `payload:reveal`' : ''}${guard.mayBeOpen ? ', or no key' : ''}`,
    meanings[guard.within],
    guard.shows ? 'yes' : '',
  ]);
  return `# Roles

<!-- Printed from the code by \`npm run docs\`: edit src/core/roles.ts, src/core/route-guards.ts or config/roles.ts instead. -->

Every key has one role. How keys are made and used is in [the guide](guides/keys.md).

${renderTable(['role', 'what it is'], summaries)}

## Who may do what

${renderTable(['permission', 'what it allows', ...roles.all.map(({ name }) => name)], may)}

Some permissions belong to what is planned, and no route asks for them yet.

## What each route asks for

People come to pages (\`/\`, \`/runs\`, \`/deliveries\`, \`/queues\`) with the [session](guides/pages.md) of a key; a key by itself
is good there, too. Under \`/api/v1\` only a key is.

Without \`payload:reveal\`, \`{ "redacted": true }\` stands in place of payloads and results, where the last column says so, and without
\`words:reveal\` \`(redacted)\` in place of what a job may have written out of them: messages of errors, lines of its log and their data, notes
of its progress. Stacks are left out. The name, code and fingerprint of an error stay, and of a failure of Nightshift its sentence
in [the list](errors.md), without what stood in it.

${renderTable(['route', 'permission', 'a key that is limited to jobs', 'shows what payloads may hold'], routes)}
`;
}

const meanings: Record<RouteGuard['within'], string> = {
  run: 'finds runs of its jobs',
  bulk: 'finds actions on its jobs alone',
  schedule: 'finds schedules of its jobs',
  job: 'may name its jobs',
  body: 'may name its jobs',
  runs: 'finds runs of its jobs',
  documents: 'finds what its jobs stored and decided',
  jobs: 'sees its jobs',
  queues: 'sees the queues of its jobs',
  schedules: 'sees the schedules of its jobs',
  never: 'may not',
  free: '',
};
