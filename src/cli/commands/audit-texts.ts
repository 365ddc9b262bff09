import type { Verification } from '../../audit/index.ts';
import { formatTime } from '../output.ts';
import { formatTable } from '../table.ts';

/** An entry as the API answers it. */
export interface ShownEntry {
  readonly at: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly origin: { readonly via: string; readonly address?: string };
  readonly action: string;
  readonly outcome: string;
  readonly resource: string;
  readonly ids: readonly string[];
  readonly details: { readonly code?: string; readonly times?: number } | null;
}

export function formatEntries(entries: readonly ShownEntry[]): string {
  if (entries.length === 0) return 'No such entries.';
  return formatTable(
    ['AT', 'WHO', 'FROM', 'WHAT', 'TO'],
    entries.map(({ at, actor, origin, action, outcome, resource, ids, details }) => [
      formatTime(at),
      `${actor.kind} ${actor.name}`,
      origin.address ?? origin.via,
      outcome === 'refused' ? `${action} (${tellRefusal(details)})` : action,
      `${resource} ${tellIds(ids)}`,
    ]),
  );
}

function tellRefusal(details: ShownEntry['details']): string {
  const { code = 'refused', times } = details ?? {};
  return times === undefined ? code : `${code}, ${times} times`;
}

function tellIds(ids: readonly string[]): string {
  const [first = '', ...others] = ids;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

export function formatVerification(verified: Verification): string {
  const { intact, entries, first, last, checkpoints, signed, waiting, faults, warnings } = verified;
  const range = first === null ? '' : `, positions ${first} to ${last}`;
  const verdict = intact ? 'The audit log is intact' : 'The audit log was tampered with';
  return [
    `${verdict}: ${entries} entries${range}, ${checkpoints} checkpoints, ${signed} of them signed; ${waiting} entries wait to be sealed.`,
    ...faults.map(({ says }) => `  ✗ ${says}`),
    ...warnings.map((says) => `  ! ${says}`),
  ].join('\n');
}
