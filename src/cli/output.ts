import { formatTable } from './table.ts';

/** What a command says: tables and sentences for people, one JSON value for scripts. */
export interface Output {
  readonly json: boolean;
  /** The command's answer: `value` under `--json`, else what `show` makes of it. */
  answer<T>(value: T, show: (value: T) => string): void;
  /** A remark for people only. */
  note(text: string): void;
}

export function openOutput(json: boolean): Output {
  return {
    json,
    answer(value, show) {
      process.stdout.write(`${json ? JSON.stringify(value) : show(value)}\n`);
    },
    note(text) {
      if (!json) process.stderr.write(`${text}\n`);
    },
  };
}

/** Names and values, one pair a line. */
export function formatPairs(
  pairs: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const rows = Object.entries(pairs).filter(([, value]) => value !== undefined && value !== null);
  return formatTable([], rows as [string, string | number][], { wide: true });
}

/** `2026-11-21 03:04:05` in the local zone, or a dash. */
export function formatTime(at: string | Date | null | undefined): string {
  if (at === null || at === undefined) return '–';
  return new Date(at).toLocaleString('sv-SE');
}
