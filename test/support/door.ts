import type { DoorOptions } from '../../src/http/index.ts';

/** How a server of a test meets strangers: as usual, unless `options` say otherwise. */
export function openDoor(options: Partial<DoorOptions> = {}): DoorOptions {
  return {
    host: '127.0.0.1',
    hosts: [],
    corsOrigins: [],
    trustedProxies: [],
    strangersPerMinute: 1_000_000,
    connections: 1000,
    ...options,
  };
}
