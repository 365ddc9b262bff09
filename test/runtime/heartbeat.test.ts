import { expect, test } from 'vitest';
import type { Sql } from '../../src/core/sql.ts';
import { startHeartbeat } from '../../src/runtime/heartbeat.ts';
import { openSpoiltClock } from '../chaos/clock.ts';
import { until } from '../support/until.ts';

test('a worker is heard of while its clock jumps back and forth', async () => {
  const RealDate = Date;
  let beats = 0;
  const sql: Sql = {
    query() {
      beats++;
      return Promise.resolve([{ id: 'known' }] as never);
    },
  };
  const heartbeat = startHeartbeat({
    sql,
    worker: '01a1fca5-cc77-7197-9447-e537f229d710',
    periodSeconds: 1,
    detectionMs: 3000,
    register: expect.unreachable,
    inHand: () => [],
    onBeat: () => Promise.resolve(),
    onError: expect.unreachable,
  });
  const beatsAgain = async () => {
    const before = beats;
    await until(() => beats > before);
  };
  try {
    const clock = openSpoiltClock();
    for (const hours of [0, -3, 3, 0]) {
      clock.jump(hours * 3_600_000);
      await beatsAgain();
      await beatsAgain();
    }
  } finally {
    globalThis.Date = RealDate;
    await heartbeat.stop();
  }
});
