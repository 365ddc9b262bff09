import { expect, test } from 'vitest';
import { chaosMix } from './jobs.ts';
import { openPlace } from './place.ts';
import { playScenario } from './scenario.ts';
import type { Size } from './size.ts';

const small: Size = {
  runs: 100,
  faults: 0,
  roles: ['control', 'worker', 'web'],
  mix: chaosMix,
  kindsOn: () => [],
  drainMs: 60_000,
};

test.each(['embedded', 'postgres'] as const)(
  'without faults the load ends as it should on %s, and every way of accepting a run is in it',
  async (footprint) => {
    await using place = await openPlace(footprint);
    const { violations, breakdowns, runs, evidence, errors } = await playScenario(place, 1, small);
    const said = [...errors.values()];
    expect({ violations, breakdowns, said }).toMatchObject({ violations: [], breakdowns: [] });
    expect(runs).toBeGreaterThanOrEqual(small.runs);
    const kinds = new Set(evidence.told.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['accepted', 'rolled back', 'performed']));
    const offers = evidence.told.filter((told) => told.kind === 'offered');
    const fields = new Set(offers.flatMap((offer) => Object.keys(offer)));
    expect([...fields]).toEqual(expect.arrayContaining(['within', 'expiresMs', 'isBad']));
  },
  180_000,
);
