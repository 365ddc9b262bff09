import { expect, test } from 'vitest';
import { findServerFaults } from '../../src/queue/redis.ts';

const answer = (version: string, policy: string) =>
  `# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n`;

test.each(['6.2.0', '7.0.15', '8.2.1'])('Redis %s that never evicts is fine', (version) => {
  expect(findServerFaults(answer(version, 'noeviction'))).toEqual([]);
});

test.each(['5.0.14', '6.0.16'])('Redis %s is too old', (version) => {
  expect(findServerFaults(answer(version, 'noeviction'))).toEqual([
    `Redis ${version} is too old: update it to 6.2 or newer.`,
  ]);
});

test('every fault of a server is found', () => {
  expect(findServerFaults(answer('5.0.0', 'volatile-ttl'))).toHaveLength(2);
});
