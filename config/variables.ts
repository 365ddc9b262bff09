import { z } from 'zod';
import { auditOptions } from '../src/audit/options.ts';
import { authOptions } from '../src/auth/options.ts';
import { archiveSettings } from '../src/connectors/options.ts';
import type { OptionMeta } from '../src/core/option.ts';
import { maskUrl } from '../src/core/server-url.ts';
import { databaseSettings } from '../src/db/options.ts';
import { hookOptions } from '../src/hooks/options.ts';
import { httpOptions } from '../src/http/options.ts';
import { monitoringOptions } from '../src/monitoring/options.ts';
import { queueOptions } from '../src/queue/options.ts';
import { runtimeOptions } from '../src/runtime/options.ts';
import { installationOptions, logOptions } from './options.ts';

/** The options of each domain. A new domain's `options.ts` is added here, and its variables below. */
export const domains = {
  installation: installationOptions,
  log: logOptions,
  database: databaseSettings,
  queue: queueOptions,
  http: httpOptions,
  auth: authOptions,
  audit: auditOptions,
  runtime: runtimeOptions,
  monitoring: monitoringOptions,
  hooks: hookOptions,
  archive: archiveSettings,
};

export type Domain = keyof typeof domains;

/** Every option as `domain.option`. */
type OptionPath = {
  [Name in Domain]: `${Name}.${keyof (typeof domains)[Name]['shape'] & string}`;
}[Domain];

/** Which option each environment variable sets. */
const optionOf = {
  NIGHTSHIFT_PROFILE: 'installation.profile',
  NIGHTSHIFT_LOG_LEVEL: 'log.level',
  NIGHTSHIFT_LOG_FILE: 'log.file',
  NIGHTSHIFT_LOG_SIZE: 'log.fileBytes',
  NIGHTSHIFT_LOG_KEEP: 'log.filesKept',
  NIGHTSHIFT_LOG_REDACT: 'log.redact',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'monitoring.otlpUrl',
  NIGHTSHIFT_MAILBOX: 'installation.mailbox',
  DATABASE_URL: 'database.url',
  DATABASE_DIRECT_URL: 'database.directUrl',
  NIGHTSHIFT_DATA: 'database.folder',
  NIGHTSHIFT_DATABASE_CONNECTIONS: 'database.connections',
  REDIS_URL: 'queue.redisUrl',
  NIGHTSHIFT_PREFIX: 'queue.prefix',
  PORT: 'http.port',
  NIGHTSHIFT_HOST: 'http.host',
  NIGHTSHIFT_HOSTS: 'http.hosts',
  NIGHTSHIFT_CORS: 'http.corsOrigins',
  NIGHTSHIFT_PROXIES: 'http.trustedProxies',
  NIGHTSHIFT_STRANGER_RATE: 'http.strangersPerMinute',
  NIGHTSHIFT_CONNECTIONS: 'http.connections',
  NIGHTSHIFT_METRICS: 'http.metrics',
  NIGHTSHIFT_TLS_CERT: 'http.tlsCert',
  NIGHTSHIFT_TLS_KEY: 'http.tlsKey',
  NIGHTSHIFT_KEY_RATE: 'auth.ratePerMinute',
  NIGHTSHIFT_SECRET: 'audit.secret',
  NIGHTSHIFT_AUDIT_CHECKPOINT: 'audit.checkpointMs',
  NIGHTSHIFT_AUDIT_KEEP: 'audit.keepMs',
  NIGHTSHIFT_AUDIT_FOLDER: 'audit.folder',
  NIGHTSHIFT_CONCURRENCY: 'runtime.concurrency',
  NIGHTSHIFT_HEARTBEAT: 'runtime.heartbeatSeconds',
  NIGHTSHIFT_DETECTION: 'runtime.detectionMs',
  NIGHTSHIFT_KEEP_RUNS: 'runtime.keepRunsMs',
  NIGHTSHIFT_GRACE: 'runtime.graceMs',
  NIGHTSHIFT_PAYLOAD_LIMIT: 'runtime.payloadLimit',
  NIGHTSHIFT_UNKNOWN_JOB: 'runtime.unknownJobMs',
  NIGHTSHIFT_EVENT_KEEP: 'runtime.eventKeepMs',
  NIGHTSHIFT_RESULT_INLINE: 'runtime.resultInlineBytes',
  NIGHTSHIFT_RESULT_LIMIT: 'runtime.resultMostBytes',
  NIGHTSHIFT_ARCHIVE: 'archive.folder',
  NIGHTSHIFT_HOOK_LIMIT: 'hooks.limitBytes',
  NIGHTSHIFT_HOOK_KEEP_BODY: 'hooks.keepBodyBytes',
  NIGHTSHIFT_HOOK_KEEP: 'hooks.keepMs',
} as const satisfies Record<string, OptionPath>;

export type VariableName = keyof typeof optionOf;

/** An environment variable: the option it sets and what that says about itself. */
export interface Variable extends OptionMeta {
  readonly name: VariableName;
  readonly domain: Domain;
  readonly option: string;
  readonly description: string;
  readonly default?: string;
  /** Reads a text; the issues say what is wrong with it. */
  readonly schema: z.ZodType;
}

/** Every environment variable that Nightshift reads, in the order in which people should meet them. */
export function listVariables(): readonly Variable[] {
  return Object.entries(optionOf).map(([name, path]) => {
    const [domain, option] = path.split('.') as [Domain, string];
    const schema = (domains[domain].shape as Record<string, z.ZodType>)[option]!;
    const said = z.toJSONSchema(schema, { io: 'input' }) as unknown as Said;
    return { ...said, name: name as VariableName, domain, option, schema };
  });
}

type Said = Pick<Variable, 'description' | 'default' | 'allowed' | 'secret'>;

/** The text of a variable as it may be shown. */
export function maskValue({ secret }: Variable, text: string): string {
  if (secret === 'whole') return '***';
  return secret || text.includes('://') ? maskUrl(text) : text;
}
