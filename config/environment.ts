import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Config, configFailure, parseConfig } from './config.ts';
import { error } from './findings.ts';
import type { Environment } from './readings.ts';

/**
 * The configuration of this process: its environment, and the `.env` file in `folder` when there is one.
 * The only place that reads `process.env`. Throws `config.invalid`.
 */
export function readConfig(folder = '.'): Config {
  return parseConfig(process.env, readEnvFile(join(folder, '.env')));
}

function readEnvFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    const fault = error(
      '.env',
      `${path} cannot be read (${code}); make it a readable file or remove it.`,
    );
    throw configFailure([fault], cause);
  }
}
