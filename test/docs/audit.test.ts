import { expect, test } from 'vitest';
import { auditActions } from '../../src/core/audit.ts';
import { readText } from './pages.ts';

test('the guide lists the entries that there are, as the code says them', () => {
  const rows = [...readText('docs/guides/audit.md').matchAll(/^\| `([a-z.]+)` \| (.*) \|$/gm)];
  expect(rows.map(([, action, meaning]) => [action, meaning])).toEqual(
    Object.entries(auditActions),
  );
});
