import { formatMs } from '../../core/duration.ts';
import { formatTime } from '../output.ts';
import { printable } from '../table.ts';

/** A run in the tree below another one, as JSON brings it. */
export interface ShownBranch extends ShownFamily {
  readonly id: string;
  readonly job: string;
  readonly state: string;
}

export interface ShownFamily {
  readonly children: readonly ShownBranch[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Something that a run waits for, as JSON brings it. */
export interface ShownWait {
  readonly name: string;
  readonly kind: 'sleep' | 'children' | 'event';
  readonly event: string | null;
  readonly key: string | null;
  readonly until: string | null;
  readonly waitedMs: number;
}

/** The tree below a run, one line for each, with a count of what is left out. */
export function formatTree({ children, counts }: ShownFamily): string[] {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return [];
  const told = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  const heading = `  ${total} ${total === 1 ? 'child' : 'children'}: ${told.join(', ')}`;
  return [heading, ...formatBranches({ children, counts }, '    ')];
}

/** What the run waits for now. */
export function formatWaits(waits: readonly ShownWait[]): string[] {
  return waits.map(({ name, kind, event, key, until, waitedMs }) => {
    const what = kind === 'event' ? ` ${event}${key === null ? '' : ` (${key})`}` : '';
    const end = until === null ? '' : `, until ${formatTime(until)}`;
    return `  waits for ${printable(`${name.replace(/^\w+ /, '')}: ${kind}${what}`)}, for ${formatMs(waitedMs)} so far${end}`;
  });
}

function formatBranches({ children, counts }: ShownFamily, indent: string): string[] {
  const lines = children.flatMap((child) => [
    `${indent}${child.id}  ${child.job}  ${child.state}`,
    ...formatBranches(child, `${indent}  `),
  ]);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const left = total - children.length;
  if (left === 0) return lines;
  const what = children.length === 0 ? `${left} below it` : `and ${left} more`;
  return [...lines, `${indent}(${what})`];
}
