import { expect, test } from 'vitest';
import { judgeServer } from '../../src/queue/redis-server.ts';

const answer = (version: string, policy: string) =>
  `# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n`;
const judge = (version: string, policy: string) => judgeServer(answer(version, policy), 'cache:1');

test.each(['6.2.0', '7.0.15', '8.2.1', '10.0.0'])(
  'Redis %s that never evicts is fine',
  (version) => {
    expect(judge(version, 'noeviction')).toEqual({ warnings: [] });
  },
);

test.each(['2.8.4', '5.0.14', '6.0.16'])('Redis %s is refused', (version) => {
  const { refusal } = judge(version, 'noeviction');
  expect(refusal).toMatchObject({ code: 'queue.too_old' });
  expect(refusal?.message).toContain(`cache:1 is version ${version}, and 6.2 or newer is needed`);
});

test('one that evicts is worth a warning, whatever else it is', () => {
  expect(judge('5.0.0', 'volatile-ttl').warnings).toEqual([
    'Redis may evict queues (maxmemory-policy volatile-ttl): set maxmemory-policy noeviction.',
  ]);
});
