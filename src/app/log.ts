import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/** The log of this process: JSON lines on standard error, or readable ones on a terminal. */
export function openLog({ level }: { readonly level: string }): Log {
  if (!process.stderr.isTTY) return pino({ level }, pino.destination(2));
  return pino(
    { level },
    pretty({ destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
  );
}
