import { createHash } from 'node:crypto';
import { Failure } from '../core/errors.ts';
import type { RunLook } from '../ledger/index.ts';

/** How much of a run a client was told: what an event's id says, and `Last-Event-ID` brings back to any process. */
export interface EventMark {
  /** The sequence number of the last log line. */
  readonly line: number;
  /** The last past attempt. */
  readonly attempt: number;
  /** Stands for the state. */
  readonly state: string;
  /** Stands for the progress. */
  readonly progress: string;
  readonly ended: boolean;
}

/** Nothing was told yet. */
export const noMark: EventMark = { line: 0, attempt: 0, state: '', progress: '', ended: false };

export function writeMark({ line, attempt, state, progress, ended }: EventMark): string {
  return [line, attempt, state, progress, ended ? 'end' : ''].join('.');
}

/** Throws `cursor.invalid` for what `writeMark` has not written. */
export function readMark(text: string | undefined): EventMark {
  if (text === undefined || text === '') return noMark;
  const match = /^(\d{1,15})\.(\d{1,9})\.([\w-]{0,11})\.([\w-]{0,11})\.(end)?$/.exec(text);
  if (!match) throw new Failure('cursor.invalid', { name: 'Last-Event-ID', list: 'these events' });
  const [, line, attempt, state = '', progress = '', end] = match;
  return { line: Number(line), attempt: Number(attempt), state, progress, ended: end === 'end' };
}

/** The same for looks between which the state did not change. */
export function markOfState({ state, attempt, delivery, runAt }: RunLook): string {
  return hash([state, attempt, delivery, runAt]);
}

export function markOfProgress({ attempt, progress }: RunLook): string {
  return progress ? hash([attempt, progress]) : '';
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 11);
}
