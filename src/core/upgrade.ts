import { Failure } from './errors.ts';

/** Makes of a payload of one version that of the next; it is plain and pure, and may name the type it expects. */
export type Upgrade = { of(payload: unknown): unknown }['of'];

/** By the version that a payload has: what makes the next one of it. */
export type Upgrades = Readonly<Record<number, Upgrade>>;

/** What the definition of a job says about its versions. */
export interface Versioned {
  readonly name: string;
  readonly version: number;
  readonly upgrade: Upgrades;
}

/** A payload as the ledger keeps it, with the version of the job it was accepted by; 0: by none, as it is today. */
export interface StoredPayload {
  readonly payload: unknown;
  readonly version: number;
}

/**
 * The payload as the job's own version has it, step by step; the stored one is left as it is. A job without
 * upgrades takes payloads of all its versions as they are. Throws `payload.outdated` or `payload.not_upgraded`.
 */
export function upgradePayload(
  { name, version, upgrade }: Versioned,
  stored: StoredPayload,
): unknown {
  const [oldest] = versionsOf(upgrade);
  const { payload, version: from } = stored;
  if (oldest === undefined || from === 0 || from >= version) return payload;
  if (from < oldest) throw new Failure('payload.outdated', { job: name, from, oldest });
  let upgraded: unknown = structuredClone(payload);
  for (let at = from; at < version; at++)
    upgraded = takeStep(upgrade[at]!, { payload: upgraded, job: name, from: at });
  return upgraded;
}

function takeStep(
  step: Upgrade,
  {
    payload,
    job,
    from,
  }: { readonly payload: unknown; readonly job: string; readonly from: number },
): unknown {
  let cause: unknown;
  try {
    const upgraded = step(payload);
    if (typeof (upgraded as { then?: unknown } | null | undefined)?.then !== 'function')
      return upgraded;
    cause = new Error('it answered a promise, and has to be a plain function');
  } catch (thrown) {
    cause = thrown;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new Failure('payload.not_upgraded', { job, from, to: from + 1, reason }, cause);
}

/** What is wrong with the upgrades of a job: they lead from the oldest version to its own, without a gap. */
export function findUpgradeFaults({ version, upgrade }: Omit<Versioned, 'name'>): string[] {
  const steps = Object.entries(upgrade);
  const strangers = steps
    .filter(([from]) => !/^[1-9]\d*$/.test(from) || Number(from) >= version)
    .map(([from]) => `upgrade.${from}: not a version from 1 to ${version - 1}`);
  if (strangers.length > 0) return strangers;
  const [oldest = version] = versionsOf(upgrade);
  const expected = Array.from({ length: version - oldest }, (_, i) => oldest + i);
  return expected
    .filter((from) => typeof upgrade[from] !== 'function')
    .map((from) => `upgrade.${from}: not a function that makes version ${from + 1} of it`);
}

function versionsOf(upgrade: Upgrades): number[] {
  return Object.keys(upgrade)
    .map(Number)
    .toSorted((a, b) => a - b);
}
