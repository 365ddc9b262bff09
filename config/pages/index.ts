import { configurationPage } from './configuration.ts';
import { errorsPage } from './errors.ts';
import { metricsPage } from './metrics.ts';
import { rolesPage } from './roles.ts';

/** Every page that is printed from the code, by its path in the repository. */
export function renderPages(): Readonly<Record<string, string>> {
  return {
    'docs/configuration.md': configurationPage(),
    'docs/errors.md': errorsPage(),
    'docs/metrics.md': metricsPage(),
    'docs/roles.md': rolesPage(),
  };
}
