import { until } from '../support/until.ts';
import type { Command } from './commands.ts';
import type { ChaosPlace, Link } from './place.ts';
import { includesRole, type Role } from './role.ts';
import { openSupervisor, type Share, type Supervisor } from './supervisor.ts';

/** The processes of a scenario, by slot, in the hands of the faults. */
export interface Fleet
  extends Pick<Supervisor, 'start' | 'expectDeath' | 'breakdowns' | 'errors'>,
    AsyncDisposable {
  /** Which slots do the work of `part`. */
  slotsOf(part: Exclude<Role, 'all'>): number[];
  workerOf(slot: number): string;
  linkOf(slot: number): Link;
  pidOf(slot: number): number;
  /** Resolves when a process in one of the slots next begins a run that takes a while, or after `timeoutMs`. */
  busy(slots: readonly number[], timeoutMs: number): Promise<void>;
  /** Resolves when the process in the slot next prints `line` or ends, or after `timeoutMs`. */
  hear(slot: number, line: string, timeoutMs: number): Promise<void>;
  /** SIGKILL; resolves once it is gone. */
  kill(slot: number): Promise<void>;
  signal(slot: number, signal: NodeJS.Signals): void;
  tell(slot: number, command: Command): void;
  /** Resolves once every producer has its share accepted and nothing is unfinished, or after `timeoutMs`. */
  finish(timeoutMs: number): Promise<void>;
}

/** Starts a process of each of `roles` and waits until all are up. */
export async function startFleet(
  place: ChaosPlace,
  roles: readonly Role[],
  share: Share,
): Promise<Fleet> {
  const supervisor = await openSupervisor(place, roles, share);
  const { slots, breakdowns, start, expectDeath } = supervisor;
  const processOf = (slot: number) => slots[slot]!.process!;
  const tell = (slot: number, command: Command) => processOf(slot).write(JSON.stringify(command));

  return {
    start,
    expectDeath,
    breakdowns,
    get errors() {
      return supervisor.errors;
    },
    slotsOf: (part) => slots.flatMap(({ role }, slot) => (includesRole(role, part) ? [slot] : [])),
    workerOf: (slot) => slots[slot]!.worker,
    linkOf: (slot) => slots[slot]!.link,
    pidOf: (slot) => processOf(slot).pid,
    async busy(some, timeoutMs) {
      const count = () =>
        some.flatMap((slot) => processOf(slot).lines).filter((line) => line === 'busy').length;
      const before = count();
      await until(() => count() > before, { timeoutMs, everyMs: 10 }).catch(() => undefined);
    },
    async hear(slot, line, timeoutMs) {
      const { lines, ended } = processOf(slot);
      const before = lines.length;
      const printed = until(() => lines.slice(before).includes(line), { timeoutMs, everyMs: 5 });
      await Promise.race([printed.catch(() => {}), ended()]);
    },
    async kill(slot) {
      expectDeath(slot);
      processOf(slot).kill('SIGKILL');
      await processOf(slot).ended();
    },
    signal: (slot, signal) => processOf(slot).kill(signal),
    tell,
    async finish(timeoutMs) {
      roles.forEach((_, slot) => tell(slot, { kind: 'finish' }));
      const lines = slots.map(({ process }) => process!.line(/^drained/, timeoutMs));
      const ends = await Promise.allSettled(lines);
      slots.forEach(({ role }, slot) => {
        if (ends[slot]!.status === 'rejected')
          breakdowns.push(`the ${role} in slot ${slot} never saw the end of all runs`);
      });
    },
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}
