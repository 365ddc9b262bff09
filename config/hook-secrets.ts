import { readSecrets, secretsVariable } from '../src/core/hook.ts';
import { suggest } from '../src/core/suggest.ts';
import { error, type Finding, warning } from './findings.ts';
import { hooksOf } from './hooks.ts';
import type { Environment, Source } from './readings.ts';

/** The variable of a hook's secrets. */
export type SecretsVariable = ReturnType<typeof secretsVariable>;

/** Below so many characters a secret can be found by trying. */
const fewest = 16;

/** True for the name of a variable that gives a hook its secrets, whether there is such a hook or not. */
export function isSecretsVariable(name: string): boolean {
  return /^NIGHTSHIFT_HOOK_[A-Z0-9_]+_SECRETS$/.test(name);
}

/** What is wrong with the secrets of hooks; never with one of them in it. */
export function checkSecrets(environment: Environment, file: Environment): Finding[] {
  const known: string[] = hooksOf().map(({ name }) => secretsVariable(name));
  const given = Object.keys({ ...environment, ...file }).filter(isSecretsVariable);
  const strange = given
    .filter((name) => !known.includes(name) && (environment[name] ?? file[name]))
    .map((name) =>
      error(
        name,
        `config/hooks.ts has no hook that it belongs to${suggest(name, known) || `; it has: ${known.join(', ')}`}`,
      ),
    );
  const short = known
    .filter((name) => secretsIn(name, environment, file).some(({ length }) => length < fewest))
    .map((name) =>
      warning(
        name,
        `a secret of less than ${fewest} characters can be guessed; take a longer one.`,
      ),
    );
  return [...strange, ...short];
}

/** How many secrets each hook has, and where they come from. */
export function showSecrets(
  environment: Environment,
  file: Environment,
): { variable: SecretsVariable; value: string | undefined; source: Source }[] {
  return hooksOf().map(({ name }) => {
    const variable = secretsVariable(name);
    const count = secretsIn(variable, environment, file).length;
    return {
      variable,
      value: count === 0 ? undefined : `*** (${count} ${count === 1 ? 'secret' : 'secrets'})`,
      source: environment[variable] ? 'environment' : count > 0 ? '.env' : 'default',
    };
  });
}

function secretsIn(name: string, environment: Environment, file: Environment): readonly string[] {
  return readSecrets(environment[name] ?? file[name]);
}
