import pg from 'pg';
import { Failure } from '../core/errors.ts';

/** How to reach one Postgres, and how to tell what is wrong with it. */
export interface PostgresServer {
  /** The environment variable that leads here. */
  readonly variable: string;
  readonly address: { readonly host: string; readonly port: number };
  /** What every pool and client of ours is opened with. */
  readonly config: pg.ClientConfig;
  /** The failure of an attempt to connect. */
  connectFailure(error: unknown): Failure;
  /** `database.unreachable` when `error` says that the connection was lost, else `error` itself. */
  queryFailure(error: unknown): unknown;
  /** Throws `database.too_old`. */
  requireVersion(versionNumber: number): void;
}

/** The longest wait for a connection, in milliseconds. */
export const connectTimeoutMs = 5_000;

const minimumVersion = 14;

/** Reads `url` as node-postgres does, PG* variables included; throws `database.url_invalid`. */
export function parseServer(url: string, variable = 'DATABASE_URL'): PostgresServer {
  const config = {
    connectionString: url,
    application_name: 'nightshift',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  const { host, port } = parseAddress(config, variable);
  const unreachable = (error: unknown) =>
    new Failure('database.unreachable', { host, port, variable, reason: reasonOf(error) }, error);

  return {
    variable,
    address: { host, port },
    config,
    connectFailure(error) {
      if (isConnectionLost(error) || codeOf(error) === '53300') return unreachable(error);
      return new Failure(
        'database.refused',
        { host, port, variable, reason: reasonOf(error) },
        error,
      );
    },
    queryFailure: (error) => (isConnectionLost(error) ? unreachable(error) : error),
    requireVersion(versionNumber) {
      const version = Math.floor(versionNumber / 10_000);
      if (version < minimumVersion)
        throw new Failure('database.too_old', { host, port, version, minimum: minimumVersion });
    },
  };
}

function parseAddress(config: pg.ClientConfig, variable: string): PostgresServer['address'] {
  if (!/^postgres(ql)?:\/\//.test(config.connectionString ?? ''))
    throw new Failure('database.url_invalid', {
      variable,
      reason: 'it does not begin with postgres://',
    });
  try {
    const { host, port } = new pg.Client(config);
    return { host, port };
  } catch (error) {
    throw new Failure('database.url_invalid', { variable, reason: (error as Error).message });
  }
}

const networkReasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'no route leads to the host',
  ENETUNREACH: 'no route leads to the network',
  ETIMEDOUT: 'it took too long',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOENT: 'there is no such socket',
};

/** What node-postgres says of a connection that is gone or did not come about in time. */
const lostConnection =
  /^(Connection terminated|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed)/;

/**
 * True of what a driver says when the server went away, does not answer, or starts or stops; also of the plain objects
 * that pg-boss makes of errors.
 */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code in networkReasons) return true;
  // Class 08 is "connection exception", 57P01 to 57P03 are a server that stops, crashed or starts.
  if (/^(08...|57P0[123])$/.test(code)) return true;
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' && lostConnection.test(message);
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Why it failed, in words that end a sentence. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (networkReasons[code]) return `${networkReasons[code]} (${code})`;
  const message = (error as Error).message;
  return message.includes('timeout') ? `it took more than ${connectTimeoutMs / 1000} s` : message;
}
