import type { Redis } from 'ioredis';
import { Failure } from '../core/errors.ts';

/** What a look at a Redis found: why it may not be used, if so, and what an operator should mend. */
export interface Findings {
  readonly refusal?: Failure;
  readonly warnings: readonly string[];
}

export interface Owner {
  /** The address without its password. */
  readonly address: string;
  readonly prefix: string;
  /** The installation whose queues these are; without one nobody else's are noticed. */
  readonly installation?: string;
}

/** Looks whether `redis` can carry our queues, and takes the prefix for this installation where it is free. */
export async function inspectServer(redis: Redis, owner: Owner): Promise<Findings> {
  const findings = judgeServer(await redis.info(), owner.address);
  if (findings.refusal || owner.installation === undefined) return findings;
  const { address, prefix, installation } = owner;
  const key = `${prefix}:installation`;
  await redis.set(key, installation, 'NX');
  const holder = await redis.get(key);
  if (holder === null || holder === installation) return findings;
  return { ...findings, refusal: new Failure('queue.taken', { address, prefix }) };
}

const minimum = '6.2';

/** What is wrong with a server, from its INFO: BullMQ needs 6.2 and keys that are never evicted. */
export function judgeServer(info: string, address: string): Findings {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = field('redis_version');
  const policy = field('maxmemory_policy');
  const warnings =
    policy === 'noeviction'
      ? []
      : [`Redis may evict queues (maxmemory-policy ${policy}): set maxmemory-policy noeviction.`];
  if (!isOlder(version, minimum)) return { warnings };
  return { warnings, refusal: new Failure('queue.too_old', { address, version, minimum }) };
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = than.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
