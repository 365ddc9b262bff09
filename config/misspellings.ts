import { closestTo, editDistance } from '../src/core/suggest.ts';
import { error, type Finding, warning } from './findings.ts';
import { isSecretsVariable } from './hook-secrets.ts';
import type { Environment } from './readings.ts';
import { listVariables } from './variables.ts';

const prefix = 'NIGHTSHIFT_';

/**
 * Variables that look like ours and are not. One that is close to a variable which is nowhere mentioned is
 * an error, since what it was to set would silently stay at its default; mentioning the right one, if
 * empty, says that the other belongs to somebody else. Any other `NIGHTSHIFT_…` is a warning.
 */
export function findMisspellings(environment: Environment, file: Environment): Finding[] {
  const known = listVariables().map(({ name }) => name as string);
  const given = Object.keys({ ...environment, ...file });
  const missing = known.filter((name) => !given.includes(name));
  return given
    .filter((name) => !known.includes(name) && !isSecretsVariable(name))
    .flatMap((name) => {
      const meant = name.startsWith(prefix)
        ? closestOfOurs(name, missing)
        : closestToAny(name, missing);
      if (meant !== undefined)
        return [error(name, `no variable of Nightshift has this name; did you mean "${meant}"?`)];
      return name.startsWith(prefix)
        ? [warning(name, 'no variable of Nightshift has this name, and it has no effect.')]
        : [];
    });
}

/** By what follows the common prefix, which would make any two of our names look alike. */
function closestOfOurs(name: string, known: readonly string[]): string | undefined {
  const tails = known
    .filter((other) => other.startsWith(prefix))
    .map((other) => other.slice(prefix.length));
  const tail = closestTo(name.slice(prefix.length), tails);
  return tail === undefined ? undefined : prefix + tail;
}

/** Stricter, since most of an environment belongs to others: one edit for every six letters. */
function closestToAny(name: string, known: readonly string[]): string | undefined {
  return known.find((other) => {
    const limit = Math.floor(other.length / 6);
    if (Math.abs(other.length - name.length) > limit) return false;
    return editDistance(name.toUpperCase(), other) <= limit;
  });
}
