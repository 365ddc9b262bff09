import type { Command } from 'commander';
import type { Config } from '../../config/index.ts';
import { type Api, type ApiOptions, openApi } from './api.ts';
import { type Output, openOutput } from './output.ts';

/** What an action has at hand. */
export interface Session {
  readonly output: Output;
}

/** What an action that talks to the API has. */
export interface ApiSession extends Session {
  readonly api: Api;
}

/** What commands are built with. */
export interface Cli {
  /** The configuration, read when a command first needs it; throws `config.invalid`. */
  config(): Config;
  /** An action that gets the API and closes it afterwards. */
  withApi<Arguments extends unknown[]>(
    run: (session: ApiSession, ...args: Arguments) => Promise<void>,
    apiOptions?: (options: Record<string, unknown>) => ApiOptions,
  ): (...args: unknown[]) => Promise<void>;
  /** An action that needs no API. */
  plain<Arguments extends unknown[]>(
    run: (session: Session, ...args: Arguments) => Promise<void> | void,
  ): (...args: unknown[]) => Promise<void>;
}

export function openCli(readConfig: () => Config): Cli {
  return {
    config: readConfig,
    withApi<Arguments extends unknown[]>(
      run: (session: ApiSession, ...args: Arguments) => Promise<void>,
      apiOptions?: (options: Record<string, unknown>) => ApiOptions,
    ) {
      return async (...given: unknown[]) => {
        const { args, options, output } = split(given);
        const api = await openApi(readConfig(), apiOptions?.(options));
        try {
          await run({ api, output }, ...(args as Arguments));
        } finally {
          await api.close();
        }
      };
    },
    plain<Arguments extends unknown[]>(
      run: (session: Session, ...args: Arguments) => Promise<void> | void,
    ) {
      return async (...given: unknown[]) => {
        const { args, output } = split(given);
        await run({ output }, ...(args as Arguments));
      };
    },
  };
}

/** Commander hands over the arguments, the command's options and the command itself. */
function split(given: readonly unknown[]) {
  const command = given[given.length - 1] as Command;
  const options = command.opts<Record<string, unknown>>();
  const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
  return { args: [...given.slice(0, -2), options], options, output: openOutput(json) };
}
