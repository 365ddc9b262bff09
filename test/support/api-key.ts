import type { TestInstallation } from './installation.ts';

/** The key that the guides are tried with. */
export function keyOf(installation: TestInstallation): Promise<string> {
  return installation.key();
}
