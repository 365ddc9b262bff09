import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type KeyedOffer,
  mergeOffers,
  nameOfKey,
  readUniqueness,
  separateActors,
  type UniquenessOptions,
} from '../../src/core/uniqueness.ts';

const setting = { payloadKey: () => 'of the payload' };
const read = (options: unknown, more = {}) =>
  readUniqueness(options as UniquenessOptions, { ...setting, ...more });

describe('the options of a run', () => {
  test.each([
    [{}, undefined],
    [{ unique: {} }, { rule: 'unique', key: 'of the payload' }],
    [{ unique: { key: 'a', for: '1h' } }, { rule: 'unique', key: 'a', forMs: 3_600_000 }],
    [{ debounce: { key: 'a', for: '2s' } }, { rule: 'debounce', key: 'a', forMs: 2000 }],
    [
      { debounce: { key: 'a', for: '2s', upTo: '1m' } },
      { rule: 'debounce', key: 'a', forMs: 2000, upToMs: 60_000 },
    ],
    [{ throttle: { key: 'é'.repeat(255), per: '1m' } }, { rule: 'throttle', forMs: 60_000 }],
    [{ throttle: { key: '😀'.repeat(255), per: '3650d' } }, { rule: 'throttle' }],
  ])('%j are understood', (options, uniqueness) => {
    const understood = read(options);
    if (uniqueness) expect(understood).toMatchObject(uniqueness);
    else expect(understood).toBeUndefined();
  });

  test.each([
    [{ unique: {}, throttle: { key: 'a', per: '1m' } }, 'unique.together'],
    [{ debounce: { key: 'a', for: '1s' }, throttle: { key: 'a', per: '1m' } }, 'unique.together'],
    [{ unique: { key: '' } }, 'unique.key'],
    [{ unique: { key: 'x'.repeat(256) } }, 'unique.key'],
    [{ unique: { key: 7 } }, 'unique.key'],
    [{ debounce: { for: '1s' } }, 'unique.key'],
    [{ debounce: { key: 'a' } }, 'unique.incomplete'],
    [{ debounce: { key: 'a', for: 'soon' } }, 'duration.invalid'],
    [{ debounce: { key: 'a', for: '0s' } }, 'unique.span'],
    [{ debounce: { key: 'a', for: '9s', upTo: '8s' } }, 'unique.span'],
    [{ throttle: { key: 'a', per: '3651d' } }, 'unique.span'],
    [{ unique: { for: '0ms' } }, 'unique.span'],
  ])('%j are refused as %s', (options, code) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('a run that would be held back for longer than it may wait is refused', () => {
    const debounce = { debounce: { key: 'a', for: '2h' } };
    const code = expect.objectContaining({ code: 'unique.expiry' }) as Error;
    expect(() => read(debounce, { expiresMs: 3_600_000 })).toThrow(code);
    expect(read(debounce, { expiresMs: 7_200_000 })).toMatchObject({ forMs: 7_200_000 });
    const upTo = { debounce: { key: 'a', for: '1m', upTo: '2h' } };
    expect(() => read(upTo, { expiresMs: 3_600_000 })).toThrow(code);
    const throttle = { throttle: { key: 'a', per: '2h' } };
    expect(() => read(throttle, { expiresMs: 3_600_000 })).toThrow(code);
    expect(read({ unique: { for: '2h' } }, { expiresMs: 1 })).toBeDefined();
  });

  test('a delay goes with unique alone', () => {
    expect(read({ unique: {} }, { delayMs: 5 })).toBeDefined();
    expect(() => read({ throttle: { key: 'a', per: '1m' } }, { delayMs: 5 })).toThrow(
      'throttle and delay cannot be given together',
    );
  });
});

interface Offer extends KeyedOffer {
  readonly id: number;
}

const offer = (id: number, uniqueness: Partial<Offer['uniqueness']>): Offer => ({
  id,
  job: 'adding',
  version: 1,
  payload: { id },
  uniqueness: { rule: 'debounce', key: 'a', ...uniqueness },
});

test('a key belongs to its job and rule', () => {
  const names = [offer(1, {}), offer(2, { rule: 'throttle' }), offer(3, { key: 'b' })];
  expect(new Set(names.map(nameOfKey)).size).toBe(3);
  expect(nameOfKey(offer(1, {}))).toBe(nameOfKey(offer(2, { forMs: 9 })));
});

/** A debounced run as one offer after the other makes it, all at the time 0. */
function fold(offers: readonly Offer[]) {
  const [first] = offers;
  const latest = first!.uniqueness.upToMs ?? Infinity;
  return offers.reduce(
    (_, { payload, uniqueness }) => ({
      id: first!.id,
      payload,
      latest,
      due: Math.min(uniqueness.forMs!, latest),
    }),
    { id: 0, payload: {}, latest: 0, due: 0 } as object,
  );
}

test('debounced offers that come together are the same as one after the other', () => {
  const spans = fc.record(
    { forMs: fc.integer({ min: 1, max: 9 }), upToMs: fc.integer({ min: 1, max: 9 }) },
    { requiredKeys: ['forMs'] },
  );
  fc.assert(
    fc.property(fc.array(spans, { minLength: 1, maxLength: 5 }), (all) => {
      const offers = all.map((uniqueness, id) => offer(id, uniqueness)) as [Offer, ...Offer[]];
      expect(fold([mergeOffers(offers)])).toEqual(fold(offers));
    }),
  );
});

const by = (id: string) => ({
  actor: { kind: 'key', id, name: id, role: 'developer' } as const,
  origin: { via: 'http' } as const,
});

test('offers that come together are by whoever gave the payload', () => {
  const [first, last] = [offer(1, { forMs: 1 }), offer(2, { forMs: 1 })];
  const [ada, bob] = [by('ada'), by('bob')];
  const merged = mergeOffers([
    { ...first, acceptedBy: ada },
    { ...last, acceptedBy: bob },
  ]);
  expect(merged).toMatchObject({ payload: last.payload, acceptedBy: bob });
  expect(mergeOffers([{ ...first, acceptedBy: ada }, last]).acceptedBy).toBeUndefined();
});

test('offers of one key by several actors go one after the other, and all others together', () => {
  const actors = fc.constantFrom(undefined, by('ada'), by('bob'));
  const offered = fc.record({ key: fc.constantFrom('a', 'b'), acceptedBy: actors });
  fc.assert(
    fc.property(fc.array(offered, { maxLength: 8 }), (all) => {
      const offers = all.map(({ key, acceptedBy }, id) => ({
        ...offer(id, { forMs: 1, key }),
        acceptedBy,
      }));
      const rounds = separateActors(offers);
      for (const round of rounds)
        for (const same of Map.groupBy(round, nameOfKey).values())
          expect(new Set(same.map(({ acceptedBy }) => acceptedBy)).size).toBe(1);
      const needed = [...Map.groupBy(offers, nameOfKey)].map(([name, inOrder]) => {
        expect(rounds.flat().filter((one) => nameOfKey(one) === name)).toEqual(inOrder);
        const before = [inOrder[0], ...inOrder];
        return (
          1 + inOrder.filter(({ acceptedBy }, i) => acceptedBy !== before[i]!.acceptedBy).length
        );
      });
      expect(rounds).toHaveLength(Math.max(0, ...needed));
    }),
  );
});

test('of unique offers that come together the first is the run', () => {
  const offers = [offer(1, { rule: 'unique' }), offer(2, { rule: 'unique' })] as const;
  expect(mergeOffers([...offers])).toBe(offers[0]);
});
