import type { RunFilter } from '../core/bulk.ts';
import { isFinal, type RunState } from '../core/run.ts';
import type { Sql } from '../core/sql.ts';
import { namesIn } from './job-names.ts';

/** Which runs: as people ask, and in one of several states. */
export interface RunQuery extends Omit<RunFilter, 'state'> {
  readonly states?: readonly RunState[] | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** Conditions on `nightshift.runs`, and the values of their parameters. */
export interface Conditions {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The conditions of a query, said so that an index can serve them. */
export async function conditionsOf(sql: Sql, query: RunQuery): Promise<Conditions> {
  return conditionsAmong(query, await namesIn(sql, query.within));
}

/** The conditions of a query; of these jobs alone, where `names` are given. */
export function conditionsAmong(
  { job, states, fingerprint, parent, from, to, ids }: RunQuery,
  names?: readonly string[],
): Conditions {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const texts = [
    ids !== undefined && `id = any(${parameter(ids)}::uuid[])`,
    job !== undefined && `job = ${parameter(job)}`,
    names !== undefined && `job = any(${parameter(names)}::text[])`,
    states !== undefined && conditionOnStates(states, parameter),
    fingerprint !== undefined && `fingerprint = ${parameter(fingerprint)}`,
    parent !== undefined && `parent = ${parameter(parent)}`,
    from !== undefined && `id >= nightshift.uuid_floor(${parameter(from)}::timestamptz)`,
    to !== undefined && `id < nightshift.uuid_floor(${parameter(to)}::timestamptz)`,
  ].filter((text) => text !== false);
  return { text: texts.join(' and ') || 'true', values };
}

function conditionOnStates(
  states: readonly RunState[],
  parameter: (value: unknown) => string,
): string {
  const among = `state = any(${parameter(states)}::text[])`;
  if (states.every((state) => !isFinal(state))) return `${among} and finished_at is null`;
  return states.every((state) => endedBadly.includes(state))
    ? `${among} and finished_at is not null and error is not null`
    : among;
}

const endedBadly: readonly RunState[] = ['failed', 'cancelled', 'expired'];
