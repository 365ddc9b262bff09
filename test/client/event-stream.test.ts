import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openEventReader } from '../../src/client/event-stream.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const readAll = (text: string) => openEventReader().read(bytes(text));

test('an event has its id, name and data', () => {
  expect(readAll('id: 7\nevent: log\ndata: {"a":1}\n\n')).toEqual([
    { id: '7', name: 'log', data: '{"a":1}' },
  ]);
});

test('the rules of the standard hold', () => {
  expect(readAll('\u{feff}data: a\n\n')).toMatchObject([{ name: 'message', data: 'a' }]);
  expect(readAll(': comment\n\ndata:a\ndata:  b\ndata\n\n')).toMatchObject([{ data: 'a\n b\n' }]);
  expect(readAll('event: x\n\ndata: a\n\n')).toMatchObject([{ name: 'message', data: 'a' }]);
  expect(readAll('data: a\rdata: b\r\n\r\ndata: c\r\r')).toMatchObject([
    { data: 'a\nb' },
    { data: 'c' },
  ]);
  expect(readAll('nonsense: x\nid: 1\0\ndata: a\n\n')).toMatchObject([{ id: '', data: 'a' }]);
  expect(readAll('data: not ended\n')).toEqual([]);
});

test('an id holds for the events after it, and an empty one takes it away', () => {
  const ids = readAll('id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n').map(({ id }) => id);
  expect(ids).toEqual(['1', '1', '']);
});

test('the server says how long to wait, in digits alone', () => {
  const reader = openEventReader('3');
  expect([reader.retryMs, reader.lastId]).toEqual([undefined, '3']);
  reader.read(bytes('retry: 2000\n\nretry: soon\n\n'));
  expect(reader.retryMs).toBe(2000);
});

test('an id of an event that was cut is not known yet', () => {
  const reader = openEventReader();
  reader.read(bytes('id: 1\ndata: a\n\nid: 2\ndata: b\n'));
  expect(reader.lastId).toBe('1');
});

test('wherever a stream is cut into pieces, its events are the same', () => {
  const event = fc.record({
    id: fc.string({ unit: fc.constantFrom('a', '1', 'é', '🎈') }),
    data: fc.string({ unit: fc.constantFrom('x', ' ', ':', 'ü', '🎈', '\n') }),
  });
  fc.assert(
    fc.property(
      fc.array(event),
      fc.constantFrom('\n', '\r', '\r\n'),
      fc.array(fc.nat(400)),
      (events, end, cuts) => {
        const text = events
          .map(({ id, data }) =>
            [`id: ${id}`, ...data.split('\n').map((line) => `data: ${line}`), '', ''].join(end),
          )
          .join('');
        const whole = bytes(text);
        const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length];
        places.sort((a, b) => a - b);
        const reader = openEventReader();
        const read = places.flatMap((from, i) => reader.read(whole.slice(from, places[i + 1])));
        expect(read.map(({ id, data }) => ({ id, data }))).toEqual(events);
      },
    ),
  );
});
