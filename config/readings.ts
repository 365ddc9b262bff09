import type { ProfileName } from './options.ts';
import { profiles } from './profiles.ts';
import { listVariables, maskValue, type Variable, type VariableName } from './variables.ts';

/** Variables by name, as `process.env` and a parsed `.env` file are. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type Source = 'environment' | '.env' | 'profile' | 'default';

/** What one variable comes to. */
export interface Reading {
  readonly variable: Variable;
  readonly source: Source;
  /** Undefined when nothing sets it and it has no default. */
  readonly text: string | undefined;
  /** The text as it may be shown. */
  readonly shown: string | undefined;
  /** What the text means; undefined when it is not allowed. */
  readonly value: unknown;
  /** Why it is not allowed. */
  readonly fault: string | undefined;
}

/**
 * Reads every variable: from the environment, else the `.env` file, else the profile, else its default.
 * An empty value counts as none, and in the environment it hides the file's.
 */
export function readVariables(environment: Environment, file: Environment): Reading[] {
  const variables = listVariables();
  const selector = variables.find(({ name }) => name === 'NIGHTSHIFT_PROFILE')!;
  const profile = read(selector, find(selector, { environment, file })).value as
    | ProfileName
    | undefined;
  const defaults = profile === undefined ? {} : profiles[profile];
  return variables.map((variable) =>
    read(variable, find(variable, { environment, file, defaults })),
  );
}

interface Found {
  readonly text: string | undefined;
  readonly source: Source;
}

function find(
  { name, default: byDefault }: Variable,
  from: {
    readonly environment: Environment;
    readonly file: Environment;
    readonly defaults?: Partial<Record<VariableName, string>>;
  },
): Found {
  const inFile = from.environment[name] === undefined ? from.file[name] : undefined;
  if (from.environment[name]) return { text: from.environment[name], source: 'environment' };
  if (inFile) return { text: inFile, source: '.env' };
  if (from.defaults?.[name]) return { text: from.defaults[name], source: 'profile' };
  return { text: byDefault, source: 'default' };
}

function read(variable: Variable, { text, source }: Found): Reading {
  const unset = { variable, source, text, shown: undefined, value: undefined, fault: undefined };
  if (text === undefined) return unset;
  const { data, error } = variable.schema.safeParse(text);
  return {
    ...unset,
    shown: maskValue(variable, text),
    value: data,
    fault: error?.issues[0]?.message,
  };
}
