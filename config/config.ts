import { join } from 'node:path';
import { type AuditOptions, auditOptions } from '../src/audit/options.ts';
import { type AuthOptions, authOptions } from '../src/auth/options.ts';
import { archiveSettings } from '../src/connectors/options.ts';
import { Failure } from '../src/core/errors.ts';
import { readSecrets, secretsVariable } from '../src/core/hook.ts';
import type { Role } from '../src/core/roles.ts';
import { chooseDatabase, databaseSettings } from '../src/db/options.ts';
import { type HookOptions, hookOptions } from '../src/hooks/options.ts';
import { type HttpOptions, httpOptions } from '../src/http/options.ts';
import { type MonitoringOptions, monitoringOptions } from '../src/monitoring/options.ts';
import { type QueueOptions, queueOptions } from '../src/queue/options.ts';
import { type RuntimeOptions, runtimeOptions } from '../src/runtime/options.ts';
import type { Finding } from './findings.ts';
import { checkSecrets, type SecretsVariable, showSecrets } from './hook-secrets.ts';
import { mailboxes } from './mailboxes.ts';
import { findMisspellings } from './misspellings.ts';
import {
  type InstallationOptions,
  installationOptions,
  type LogOptions,
  logOptions,
} from './options.ts';
import { type Environment, type Reading, readVariables, type Source } from './readings.ts';
import { roles } from './roles.ts';
import { checkReadings } from './rules.ts';
import type { Domain, VariableName } from './variables.ts';

/** What this installation is: each domain's slice, and where it came from. Deeply frozen. */
export interface Config extends Readonly<InstallationOptions> {
  readonly footprint: Footprint;
  readonly log: Readonly<LogOptions>;
  readonly database: Readonly<ReturnType<typeof chooseDatabase>>;
  readonly queue: Readonly<QueueOptions>;
  readonly http: Readonly<HttpOptions>;
  readonly auth: Readonly<AuthOptions>;
  readonly audit: Readonly<AuditOptions>;
  readonly runtime: Readonly<RuntimeOptions>;
  readonly monitoring: Readonly<MonitoringOptions>;
  readonly hooks: Readonly<HookOptions>;
  /** The secrets of a hook; a function, so that no print of the configuration has them. */
  readonly hookSecrets: (hook: string) => readonly string[];
  /** The folder of results that are too large for the database. */
  readonly archive: string;
  /** Paths of the mailboxes that have a name. */
  readonly mailboxes: Readonly<Record<string, string>>;
  /** The roles beside the built-in ones. */
  readonly roles: readonly Role[];
  /** Every variable with its effective value, passwords masked. */
  readonly settings: readonly Setting[];
  readonly warnings: readonly Finding[];
}

/** Where runs and queues live: in this process, in PostgreSQL, or in PostgreSQL and Redis. */
export type Footprint = 'embedded' | 'postgres' | 'cluster';

/** The effective value of one variable, as it may be shown. */
export interface Setting {
  readonly variable: VariableName | SecretsVariable;
  /** Undefined when it is not set and has no default. */
  readonly value: string | undefined;
  readonly source: Source;
}

/**
 * The configuration that an environment and a `.env` file come to. Throws `config.invalid` with every
 * fault; `details.findings` lists them.
 */
export function parseConfig(environment: Environment, file: Environment = {}): Config {
  const readings = readVariables(environment, file);
  const findings = [
    ...checkReadings(readings),
    ...checkSecrets(environment, file),
    ...findMisspellings(environment, file),
  ];
  const faults = findings.filter(({ severity }) => severity === 'error');
  if (faults.length > 0) throw configFailure(faults);
  return freeze({
    ...slicesOf(readings),
    mailboxes,
    roles,
    hookSecrets: (hook) => {
      const variable = secretsVariable(hook);
      return readSecrets(environment[variable] ?? file[variable]);
    },
    settings: [...readings.map(show), ...showSecrets(environment, file)],
    warnings: findings,
  });
}

/** The failure that lists `faults`, one to a line. */
export function configFailure(faults: readonly Finding[], cause?: unknown): Failure {
  const lines = faults.map(({ message }) => `  ${message}`).join('\n');
  return new Failure('config.invalid', { faults: lines, findings: faults }, cause);
}

function slicesOf(readings: readonly Reading[]) {
  const settings = databaseSettings.parse(slice(readings, 'database'));
  const { folder = join(settings.folder, 'archive') } = archiveSettings.parse(
    slice(readings, 'archive'),
  );
  const queue = queueOptions.parse(slice(readings, 'queue'));
  const database = chooseDatabase(settings, {
    carriesQueues: queue.redisUrl === undefined,
  });
  return {
    ...installationOptions.parse(slice(readings, 'installation')),
    footprint: footprintOf(database, queue),
    log: logOptions.parse(slice(readings, 'log')),
    database,
    queue,
    http: httpOptions.parse(slice(readings, 'http')),
    auth: authOptions.parse(slice(readings, 'auth')),
    audit: auditOptions.parse(slice(readings, 'audit')),
    runtime: runtimeOptions.parse(slice(readings, 'runtime')),
    monitoring: monitoringOptions.parse(slice(readings, 'monitoring')),
    hooks: hookOptions.parse(slice(readings, 'hooks')),
    archive: folder,
  };
}

function slice(readings: readonly Reading[], domain: Domain): Record<string, unknown> {
  const ofDomain = readings.filter(
    ({ variable, text }) => variable.domain === domain && text !== undefined,
  );
  return Object.fromEntries(ofDomain.map(({ variable, text }) => [variable.option, text]));
}

function footprintOf(database: Config['database'], { redisUrl }: QueueOptions): Footprint {
  if (database.kind === 'pglite') return 'embedded';
  return redisUrl === undefined ? 'postgres' : 'cluster';
}

function show({ variable, shown, source }: Reading): Setting {
  return { variable: variable.name, value: shown, source };
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
