import type { Actor } from './actor.ts';
import { Failure } from './errors.ts';
import { allPermissions, type Permission } from './permissions.ts';

/** What somebody is to an installation, and what that allows. */
export interface Role {
  readonly name: string;
  readonly summary: string;
  readonly permissions: readonly Permission[];
}

/** The roles of an installation: the built-in ones, and those of its config. */
export interface Roles {
  readonly all: readonly Role[];
  /** The role, or undefined: a key outlives a role that was taken out of config. */
  find(name: string): Role | undefined;
  /** An unknown role may nothing. */
  may(actor: Pick<Actor, 'role'>, permission: Permission): boolean;
  /** Names of the roles that have it. */
  having(permission: Permission): readonly string[];
}

const looking: readonly Permission[] = [
  'runs:read',
  'jobs:read',
  'queues:read',
  'schedules:read',
  'workers:read',
  'duties:read',
  'alerts:read',
  'metrics:read',
];

const operating: readonly Permission[] = [
  'words:reveal',
  'runs:cancel',
  'runs:retry',
  'queues:pause',
  'schedules:operate',
  'hooks:read',
  'hooks:redeliver',
  'alerts:acknowledge',
  'assets:read',
  'backups:read',
  'backups:create',
  'security:read',
];

const reading: readonly Permission[] = [
  'payload:reveal',
  'words:reveal',
  'search:read',
  'decisions:read',
  'decisions:correct',
];

/** The roles that are always there. */
export const builtInRoles: readonly Role[] = [
  { name: 'admin', summary: 'everything, keys and users too', permissions: allPermissions },
  {
    name: 'developer',
    summary: 'writes jobs: enqueues, looks into payloads, changes schedules',
    permissions: [
      ...looking,
      'runs:enqueue',
      'runs:cancel',
      'runs:retry',
      'queues:pause',
      'schedules:operate',
      'schedules:write',
      'events:send',
      'hooks:read',
      'hooks:redeliver',
      ...reading,
    ],
  },
  {
    name: 'analyst',
    summary: 'reads what jobs found, and corrects what they decided',
    permissions: [...looking, ...reading],
  },
  {
    name: 'operator',
    summary: 'keeps it running: sees errors and logs, and neither payloads nor documents',
    permissions: [...looking, ...operating],
  },
  {
    name: 'viewer',
    summary: 'looks on, without payloads and what jobs write',
    permissions: looking,
  },
];

const namePattern = /^[a-z][a-z\d-]{0,39}$/;

/** The built-in roles and those of config; throws `role.invalid`. */
export function collectRoles(custom: readonly Role[] = []): Roles {
  const byName = new Map<string, Role>();
  for (const role of [...builtInRoles, ...custom]) {
    const fault = findFault(role, byName);
    if (fault !== undefined) throw new Failure('role.invalid', { role: role.name, fault });
    byName.set(role.name, role);
  }
  const all = [...byName.values()];
  const allowed = new Map(all.map(({ name, permissions }) => [name, new Set(permissions)]));
  return {
    all,
    find: (name) => byName.get(name),
    may: ({ role }, permission) => allowed.get(role)?.has(permission) ?? false,
    having: (permission) =>
      all.filter((role) => role.permissions.includes(permission)).map(({ name }) => name),
  };
}

function findFault({ name, permissions }: Role, known: Map<string, Role>): string | undefined {
  if (!namePattern.test(name)) return 'its name is not of small letters, digits and dashes';
  if (known.has(name)) return 'there is another of this name';
  const unknown = permissions.find((permission) => !allPermissions.includes(permission));
  return unknown === undefined ? undefined : `there is no permission "${unknown}"`;
}
