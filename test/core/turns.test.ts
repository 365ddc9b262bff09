import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type GateLimits,
  type Lane,
  roomOfJob,
  roomOfKey,
  takeTurns,
  windowOf,
} from '../../src/core/turns.ts';

const lanes: fc.Arbitrary<Lane[]> = fc
  .array(fc.record({ count: fc.nat(12), room: fc.oneof(fc.nat(12), fc.constant(Infinity)) }), {
    maxLength: 8,
  })
  .map((some) =>
    some.map(({ count, room }, n) => ({
      key: `k${n}`,
      heads: Array.from({ length: count }, (_, i) => `k${n}-${i}`),
      isWhole: true,
      room,
    })),
  );
const rooms = fc.nat(60);

const countOf = (turns: readonly { key: string }[], key: string) =>
  turns.filter((turn) => turn.key === key).length;
const mostOf = ({ heads, room }: Lane) => Math.min(heads.length, room);

describe('whose turn it is', () => {
  test('no more go than there is room, in all and for each key', () => {
    fc.assert(
      fc.property(lanes, rooms, (some, room) => {
        const turns = takeTurns(some, room);
        expect(turns.length).toBeLessThanOrEqual(room);
        for (const lane of some) expect(countOf(turns, lane.key)).toBeLessThanOrEqual(mostOf(lane));
      }),
    );
  });

  test('room is left over only when every key has given what it may', () => {
    fc.assert(
      fc.property(lanes, rooms, (some, room) => {
        const all = some.reduce((sum, lane) => sum + mostOf(lane), 0);
        expect(takeTurns(some, room)).toHaveLength(Math.min(room, all));
      }),
    );
  });

  test('of a key the first go first, and no run goes twice', () => {
    fc.assert(
      fc.property(lanes, rooms, (some, room) => {
        const turns = takeTurns(some, room);
        for (const { key, heads } of some) {
          const runs = turns.filter((turn) => turn.key === key).map(({ run }) => run);
          expect(runs).toEqual(heads.slice(0, runs.length));
        }
      }),
    );
  });

  test('a key that could give more has had as many turns as any other, but for the last round', () => {
    fc.assert(
      fc.property(lanes, rooms, (some, room) => {
        const turns = takeTurns(some, room);
        const most = Math.max(0, ...some.map(({ key }) => countOf(turns, key)));
        for (const lane of some) {
          const own = countOf(turns, lane.key);
          if (own < mostOf(lane)) expect(own).toBeGreaterThanOrEqual(most - 1);
        }
      }),
    );
  });
});

const limit = fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 50 }));
const limits: fc.Arbitrary<GateLimits> = fc.record({
  total: limit,
  perKey: limit,
  rateMax: limit,
  ratePerKey: fc.boolean(),
});
const uses = fc.record({ released: fc.nat(80), started: fc.nat(80) });

describe('the room of a gate', () => {
  test('never lets more be under way than total, window and rate say, and is never negative', () => {
    fc.assert(
      fc.property(limits, uses, fc.integer({ min: 20, max: 100 }), (gate, use, window) => {
        const room = roomOfJob(gate, use, window);
        expect(room).toBeGreaterThanOrEqual(0);
        if (room === 0) return;
        expect(use.released + room).toBeLessThanOrEqual(Math.min(gate.total ?? Infinity, window));
        if (gate.rateMax !== null && !gate.ratePerKey)
          expect(use.started + room).toBeLessThanOrEqual(gate.rateMax);
      }),
    );
  });

  test('of a key goes by perKey and by a rate of the key alone', () => {
    fc.assert(
      fc.property(limits, uses, (gate, use) => {
        const room = roomOfKey(gate, use);
        expect(room).toBeGreaterThanOrEqual(0);
        if (room === 0) return;
        expect(use.released + room).toBeLessThanOrEqual(gate.perKey ?? Infinity);
        if (gate.rateMax !== null && gate.ratePerKey)
          expect(use.started + room).toBeLessThanOrEqual(gate.rateMax);
      }),
    );
  });

  test('keeps workers busy: the window is twice what they take, and never tiny', () => {
    expect([windowOf(0), windowOf(10), windowOf(400)]).toEqual([20, 20, 800]);
  });
});
