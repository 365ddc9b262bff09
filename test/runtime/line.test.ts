import { expect, test } from 'vitest';
import { openLine } from '../../src/runtime/line.ts';

/** A line of two places, whose runs end when they are told to. */
function openTestLine() {
  const going = new Map<string, () => void>();
  const rooms: boolean[] = [];
  const state = { may: true };
  const line = openLine({
    limit: 2,
    mayBegin: () => state.may,
    onRoom: () => rooms.push(line.hasRoom),
  });
  const begin = (run: string) => new Promise<void>((resolve) => going.set(run, resolve));
  async function end(run: string): Promise<void> {
    going.get(run)!();
    going.delete(run);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { line, going, rooms, state, begin, end, now: () => [...going.keys()] };
}

test('so many runs go on at a time, and the others follow in the order in which they came', async () => {
  const { line, begin, end, now, rooms } = openTestLine();
  const first = line.stand(['a', 'b', 'c'], begin);
  const second = line.stand(['d'], begin);
  expect([now(), first.waiting, line.hasRoom]).toEqual([['a', 'b'], ['c'], false]);
  await end('b');
  expect(now()).toEqual(['a', 'c']);
  await end('a');
  expect(now()).toEqual(['c', 'd']);
  await end('c');
  await first.ended;
  await end('d');
  await second.ended;
  expect(rooms).toEqual([false, true]);
});

test('a bundle ends when what began has ended and the others have left the line', async () => {
  const { line, begin, end, now } = openTestLine();
  const standing = line.stand(['a', 'b', 'c', 'd', 'e'], begin);
  standing.leave(new Set(['a', 'd', 'e']));
  expect([now(), standing.waiting, standing.begun]).toEqual([['a', 'b'], ['c'], 2]);
  await end('a');
  await end('b');
  await end('c');
  await standing.ended;
});

test('nothing begins while nothing may, and leaving ends a bundle that never began', async () => {
  const { line, begin, now, state } = openTestLine();
  state.may = false;
  const standing = line.stand(['a', 'b'], begin);
  expect([now(), standing.waiting, standing.mayBegin]).toEqual([[], ['a', 'b'], false]);
  standing.leave(new Set(['a', 'b']));
  await standing.ended;
});

test('a run that throws has ended, too', async () => {
  const { line } = openTestLine();
  await line.stand(['a', 'b', 'c'], () => Promise.reject(new Error('thrown'))).ended;
  expect(line.hasRoom).toBe(true);
});
