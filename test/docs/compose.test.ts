import { expect, test } from 'vitest';
import { readText } from './pages.ts';

const eachHolds = Number(
  /`NIGHTSHIFT_DATABASE_CONNECTIONS`.*\| `(\d+)` \|$/m.exec(readText('docs/configuration.md'))?.[1],
);
const reservedForAdministrators = 3;
const compose = readText('docker-compose.yml');
const services = new Map(
  [
    ...(compose.split(/^services:\n/m)[1] ?? '')
      .split(/^volumes:/m)[0]!
      .matchAll(/^ {2}(\w+):\n((?: {4}.*\n|\n| {2}#.*\n)+)/gm),
  ].map(([, name = '', body = '']) => [name, body] as const),
);
const processes = new Map(
  readText('Procfile')
    .trim()
    .split('\n')
    .map((line) => line.split(': ') as [string, string]),
);

test('the compose file has the two servers and exactly the processes of the Procfile, by the same commands', () => {
  expect([...services.keys()].sort()).toEqual(['postgres', 'redis', ...processes.keys()].sort());
  for (const [name, command] of processes) {
    const words = /command: (\[.*\])/.exec(services.get(name)!)?.[1] ?? '[]';
    expect((JSON.parse(words) as string[]).join(' ')).toBe(command);
  }
});

test('any service can be scaled: none has a name of its own, and web alone a port, on this machine only', () => {
  expect(compose).not.toContain('container_name');
  const published = [...services].filter(([, body]) => body.includes('ports:'));
  expect(published.map(([name]) => name)).toEqual(['web']);
  expect(published[0]?.[1]).toMatch(/ports: \["127\.0\.0\.1:/);
});

test('Redis keeps what it has, and evicts nothing', () => {
  expect(services.get('redis')).toContain('"--appendonly", "yes"');
  expect(services.get('redis')).toContain('"--maxmemory-policy", "noeviction"');
});

test('Postgres allows the connections of the fleet that the first line scales to, and of a few more', () => {
  const allowed = Number(/max_connections=(\d+)/.exec(services.get('postgres')!)?.[1]);
  const workers = Number(/--scale worker=(\d+)/.exec(compose)?.[1]);
  const held = [...processes.keys()].filter((name) => name !== 'release').length + workers - 1;
  expect(allowed - reservedForAdministrators - 1).toBeGreaterThanOrEqual((held + 3) * eachHolds);
});

test('every process is asked for its own health, and is given time to stop', () => {
  const shared = /^x-process:[^]*?(?=^services:)/m.exec(compose)?.[0];
  expect(shared).toContain('/health/ready');
  expect(shared).toMatch(/stop_grace_period: 45s/);
  for (const name of processes.keys())
    if (name !== 'release') expect(services.get(name)).toContain('<<: *process');
});
