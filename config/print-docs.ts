import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderPages } from './pages/index.ts';

// Run by `npm run docs`: writes every page that is printed from the code.
for (const [path, page] of Object.entries(renderPages())) {
  const file = join(import.meta.dirname, '..', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page);
}
