import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess, type TestProcess } from '../support/process.ts';
import type { Mix } from './jobs.ts';
import { readJournals } from './journal.ts';
import type { NodeOptions } from './node.ts';
import type { ChaosPlace, Link } from './place.ts';
import { includesRole, type Role } from './role.ts';

/** One process of a scenario: its kind, its network and its share stay, whoever fills it. */
export interface Slot {
  readonly role: Role;
  readonly link: Link;
  /** The process that fills it now; undefined only before the first. */
  process: TestProcess | undefined;
  /** The id that its worker goes by in the ledger; empty where there is none. */
  worker: string;
}

/** Keeps every slot filled, as systemd or Kubernetes does. */
export interface Supervisor extends AsyncDisposable {
  readonly slots: readonly Readonly<Slot>[];
  /** Fills the slot with a new process, which goes on with the slot's share. */
  start(slot: number): Promise<void>;
  /** Says that the process in the slot may die from now on: somebody aims at it. */
  expectDeath(slot: number): void;
  /** What processes said that ended by themselves. */
  readonly breakdowns: string[];
  /** Everything on standard error of each process, by its journal. */
  readonly errors: ReadonlyMap<string, string>;
}

export interface Share {
  readonly seed: number;
  /** Runs of all producers together. */
  readonly runs: number;
  readonly mix: Mix;
  /** Between two runs of all producers together. */
  readonly everyMs: number;
  readonly detectionMs: number;
}

const file = join(import.meta.dirname, 'node.ts');
const upMs = 90_000;

/** Starts a process of each of `roles` and waits until all are up. */
export async function openSupervisor(
  place: ChaosPlace,
  roles: readonly Role[],
  share: Share,
): Promise<Supervisor> {
  const slots: Slot[] = [];
  const started = new Map<string, TestProcess>();
  const aimedAt = new Set<TestProcess>();
  const breakdowns: string[] = [];

  async function launch(slot: number): Promise<TestProcess> {
    const filled = slots[slot]!;
    const options = shareOf(
      { place, roles, share },
      { slot, link: filled.link, nth: started.size },
    );
    const child = startProcess(file, [JSON.stringify(options)], { input: true });
    started.set(options.journal, child);
    filled.process = child;
    filled.worker = (await child.line(/^up /, upMs)).slice('up '.length);
    return child;
  }

  /** Again and again while the database is away. */
  async function start(slot: number): Promise<void> {
    const deadline = performance.now() + upMs;
    for (;;) {
      try {
        void watch(slot, await launch(slot));
        return;
      } catch (error) {
        if (performance.now() > deadline || !/database\./.test(String(error))) throw error;
        await sleep(300);
      }
    }
  }

  async function watch(slot: number, child: TestProcess): Promise<void> {
    const status = await child.ended();
    if (aimedAt.has(child)) return;
    const said = child.errors.slice(-2000);
    breakdowns.push(`the ${roles[slot]} in slot ${slot} ended with ${status}: ${said}`);
    await start(slot).catch((error: unknown) => breakdowns.push(String(error)));
  }

  async function dispose(): Promise<void> {
    for (const child of started.values()) aimedAt.add(child);
    await Promise.all([...started.values()].map((child) => child[Symbol.asyncDispose]()));
  }

  try {
    for (const role of roles)
      slots.push({ role, link: await place.openLink(), process: undefined, worker: '' });
    await Promise.all(roles.map((_, slot) => start(slot)));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    slots,
    start,
    expectDeath: (slot) => void aimedAt.add(slots[slot]!.process!),
    breakdowns,
    get errors() {
      return new Map([...started].map(([journal, child]) => [journal, child.errors]));
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** What is left of the slot's share, for its `nth` process. */
function shareOf(
  { place, roles, share }: { place: ChaosPlace; roles: readonly Role[]; share: Share },
  { slot, link, nth }: { slot: number; link: Link; nth: number },
): NodeOptions {
  const role = roles[slot]!;
  const own = `slot-${slot}-${role}-`;
  const accepted = readJournals(place.journals, own).filter(
    (one) => one.kind === 'accepted' && !one.existing,
  );
  const producers = roles.filter((one) => includesRole(one, 'web')).length;
  return {
    role,
    database: link.database,
    ...(link.redisUrl && { redisUrl: link.redisUrl }),
    journal: join(place.journals, `${own}${nth}`),
    seed: share.seed + 1000 * slot + nth,
    runs: Math.max(0, Math.ceil(share.runs / producers) - accepted.length),
    mix: share.mix,
    everyMs: share.everyMs * producers,
    detectionMs: share.detectionMs,
  };
}
