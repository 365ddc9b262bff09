import { configurationPage } from './configuration.ts';
import { errorsPage } from './errors.ts';
import { rolesPage } from './roles.ts';

/** Every page that is printed from the code, by its path in the repository. */
export function renderPages(): Readonly<Record<string, string>> {
  return {
    'docs/configuration.md': configurationPage(),
    'docs/errors.md': errorsPage(),
    'docs/roles.md': rolesPage(),
  };
}
