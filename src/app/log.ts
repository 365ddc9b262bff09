import { type Logger, pino } from 'pino';

export type Log = Logger;

/** The log of this process: JSON lines on standard error, or readable ones on a terminal. */
export async function openLog({ level }: { readonly level: string }): Promise<Log> {
  if (!process.stderr.isTTY) return pino({ level }, pino.destination(2));
  const { default: pretty } = await import('pino-pretty');
  return pino(
    { level },
    pretty({ destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
  );
}
