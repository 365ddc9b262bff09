import type { Role } from '../src/core/roles.ts';

/**
 * Roles of this installation beside the built-in ones (docs/roles.md). Add yours here:
 * `{ name: 'support', summary: 'looks on and tries again', permissions: ['runs:read', 'runs:retry'] }`
 */
export const roles: readonly Role[] = [];
