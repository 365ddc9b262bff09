import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRedaction } from '../../src/core/redaction.ts';

const { fields, text } = openRedaction();

describe('fields', () => {
  test.each([
    'password',
    'Passwd',
    'DB_PASSWORD',
    'client-secret',
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'apiKey',
    'private_key',
    'AWS_SECRET_ACCESS_KEY',
    'access_token',
    'refreshToken',
    'token',
    'credentials',
    'x-hub-signature-256',
    'pin',
  ])('%s is not told', (name) => {
    expect(fields({ [name]: 'hunter2' })).toEqual({ [name]: '***' });
  });

  test.each(['tokens', 'job', 'run', 'key', 'pinned', 'passed', 'author', 'message'])(
    '%s is told',
    (name) => {
      expect(fields({ [name]: 'harmless' })).toEqual({ [name]: 'harmless' });
    },
  );

  test('names of a payload that the installation adds are not told, however they are written', () => {
    const own = openRedaction(['iban', 'date-of-birth']);
    expect(
      own.fields({ payload: { customerIBAN: 'DE1', dateOfBirth: '1970', city: 'Ulm' } }),
    ).toEqual({ payload: { customerIBAN: '***', dateOfBirth: '***', city: 'Ulm' } });
  });

  test('at any depth, in lists too, nothing of a secret is left', () => {
    const anything = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 6 }, fc.string(), fc.integer(), tie('list'), tie('fields')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      fields: fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(anything.fields, (around) => {
        const told = JSON.stringify(
          fields({ ...around, list: [{ around, password: 'hunter-2!' }] }),
        );
        expect(told).not.toContain('hunter-2!');
      }),
    );
  });

  test('a circle ends, and that a secret is not set is told', () => {
    const circle: Record<string, unknown> = { password: '', token: null };
    circle['self'] = circle;
    expect(JSON.stringify(fields(circle))).toContain('"password":"","token":null');
  });
});

describe('text', () => {
  test.each([
    ['postgres://app:hunter2@db:5432/x', 'postgres://app:***@db:5432/x'],
    ['redis://:hunter2@redis:6379', 'redis://:***@redis:6379'],
    ['to postgres://app:p@ss/w@db/x now', 'to postgres://app:***@db/x now'],
    ['https://ghp_abc123@github.com/a/b', 'https://***@github.com/a/b'],
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer ***'],
    ['Basic dXNlcjpwYXNz"', 'Basic ***"'],
    ['http://127.0.0.1:2300/health', 'http://127.0.0.1:2300/health'],
    ['ada@example.org wrote to bob@example.org', 'ada@example.org wrote to bob@example.org'],
  ])('%s', (said, told) => {
    expect(text(said)).toBe(told);
  });
});
