import { type Logger, type LoggerOptions, pino, stdSerializers } from 'pino';
import { openRedaction } from '../core/redaction.ts';
import { openLogFile } from './log-file.ts';
import type { LogScope } from './log-scope.ts';

export type Log = Logger;

export interface LogSettings {
  readonly level: string;
  /** Where the lines go; absent: standard error. */
  readonly file?: string;
  readonly fileBytes: number;
  readonly filesKept: number;
  /** Parts of the names of fields that are not told, beside those that never are. */
  readonly redact?: readonly string[];
}

/**
 * The log of this process, without secrets: JSON lines in a file that is rotated, else on standard error, or readable
 * ones on a terminal. Throws `log.file` for a file that cannot be written.
 */
export async function openLog(settings: LogSettings, scope: LogScope): Promise<Log> {
  const options = optionsOf(settings, scope);
  if (settings.file !== undefined)
    return pino(options, await openLogFile({ ...settings, file: settings.file }));
  if (!process.stderr.isTTY) return pino(options, pino.destination(2));
  const { default: pretty } = await import('pino-pretty'); // 10 MB that a server need not hold
  return pino(
    options,
    pretty({ destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
  );
}

/** What pino is told, whatever it writes to. */
export function optionsOf(
  { level, redact }: Pick<LogSettings, 'level' | 'redact'>,
  scope: LogScope,
): LoggerOptions {
  const redaction = openRedaction(redact);
  const tell = (error: Error) => redaction.fields(stdSerializers.err(error));
  return {
    level,
    mixin: () => ({ ...scope.ids() }),
    serializers: { err: tell },
    formatters: { log: (fields) => redactFields(fields) },
    // The line as a whole: a secret may stand in a message, too.
    hooks: { streamWrite: redaction.text },
  };

  /** An error goes by its serializer: a copy of its fields would lose its message. */
  function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
    const { err, ...others } = fields;
    const told = redaction.fields(others) as Record<string, unknown>;
    return 'err' in fields ? { err, ...told } : told;
  }
}
