import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coversJob, coversScope, patternsOf } from '../../src/core/job-scope.ts';
import { allPermissions } from '../../src/core/permissions.ts';
import { builtInRoles, collectRoles } from '../../src/core/roles.ts';

describe('roles', () => {
  const roles = collectRoles([
    { name: 'support', summary: 'Helps.', permissions: ['runs:read', 'runs:retry'] },
  ]);

  test('an admin may everything, and an unknown role nothing', () => {
    for (const permission of allPermissions) {
      expect(roles.may({ role: 'admin' }, permission)).toBe(true);
      expect(roles.may({ role: 'gone' }, permission)).toBe(false);
    }
  });

  test('a role of config may what it says, and is named where somebody lacks it', () => {
    expect(roles.may({ role: 'support' }, 'runs:retry')).toBe(true);
    expect(roles.may({ role: 'support' }, 'runs:cancel')).toBe(false);
    expect(roles.having('runs:retry')).toEqual(['admin', 'developer', 'operator', 'support']);
  });

  test('only an admin makes keys, restores, erases and reads the audit log', () => {
    for (const permission of [
      'keys:write',
      'users:write',
      'backups:restore',
      'subjects:erase',
      'audit:read',
    ] as const)
      expect(collectRoles().having(permission)).toEqual(['admin']);
  });

  test('operators and viewers see no payloads and no documents', () => {
    for (const permission of ['payload:reveal', 'search:read'] as const)
      expect(collectRoles().having(permission)).toEqual(['admin', 'developer', 'analyst']);
  });

  test('no built-in role names a permission twice', () => {
    for (const { permissions } of builtInRoles)
      expect(new Set(permissions).size).toBe(permissions.length);
  });

  test.each([
    ['Support', [], 'its name is not of small letters'],
    ['admin', [], 'another of this name'],
    ['support', ['runs:delete'], 'there is no permission "runs:delete"'],
  ])('a role %s with %j is refused', (name, permissions, fault) => {
    const role = { name, summary: 'x', permissions: permissions as never };
    expect(() => collectRoles([role])).toThrow(fault);
  });
});

describe('the jobs of a key', () => {
  const name = fc.stringMatching(/^[a-c-]{1,4}$/);
  const entry = fc.oneof(
    name,
    name.map((text) => `${text}*`),
  );
  const scope = fc.array(entry, { minLength: 1, maxLength: 3 });

  test('a wildcard covers what begins so, a name itself alone, and no limit everything', () => {
    expect(coversJob(['mail-*', 'digest'], 'mail-triage')).toBe(true);
    expect(coversJob(['mail-*', 'digest'], 'digest')).toBe(true);
    expect(coversJob(['mail-*', 'digest'], 'digests')).toBe(false);
    expect(coversJob(['mail-*'], 'mail')).toBe(false);
    expect(coversJob([], 'digest')).toBe(false);
    expect(coversJob(undefined, 'digest')).toBe(true);
  });

  test('nothing is wider than no limit, and no limit is wider than all others', () => {
    expect(coversScope(undefined, ['a'])).toBe(true);
    expect(coversScope(['a*'], undefined)).toBe(false);
    expect(coversScope(['*'], ['a*'])).toBe(true);
  });

  test('a scope within another covers no job that the other does not', () => {
    fc.assert(
      fc.property(scope, scope, name, (outer, inner, job) => {
        if (coversScope(outer, inner) && coversJob(inner, job))
          expect(coversJob(outer, job)).toBe(true);
      }),
    );
  });

  test('SQL is asked for the same jobs', () => {
    fc.assert(
      fc.property(scope, name, (entries, job) => {
        const isLike = patternsOf(entries)!.some((pattern) =>
          new RegExp(`^${pattern.replace('%', '.*')}$`).test(job),
        );
        expect(isLike).toBe(coversJob(entries, job));
      }),
    );
  });
});
