import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideFanIn, fanInPolicies } from '../../src/core/fan-in.ts';
import { isFinal, type RunState, runStates } from '../../src/core/run.ts';

const policies = fc.constantFrom(...fanInPolicies);
const state = fc.constantFrom(...runStates);
const states = fc.array(state, { maxLength: 12 });
const isBad = (one: RunState) => isFinal(one) && one !== 'succeeded';

test('a parent goes on when all have ended, whatever the policy, and only then under `settled`', () => {
  fc.assert(
    fc.property(policies, states, (policy, all) => {
      const { is } = decideFanIn(policy, all);
      if (all.every(isFinal)) expect(is).not.toBe('pending');
      if (policy === 'settled') expect(is).toBe(all.every(isFinal) ? 'complete' : 'pending');
    }),
  );
});

test('`all` is complete when each succeeded, and fails with the first that did not, whoever is still at work', () => {
  fc.assert(
    fc.property(states, (all) => {
      const fanIn = decideFanIn('all', all);
      if (all.some(isBad)) expect(fanIn).toEqual({ is: 'failed', at: all.findIndex(isBad) });
      else expect(fanIn.is).toBe(all.every(isFinal) ? 'complete' : 'pending');
    }),
  );
});

test('`any` goes on with the first that succeeded, and fails when none can any more', () => {
  fc.assert(
    fc.property(states, (all) => {
      const fanIn = decideFanIn('any', all);
      if (all.includes('succeeded'))
        expect(fanIn).toEqual({ is: 'first', at: all.indexOf('succeeded') });
      else expect(fanIn.is).toBe(all.every(isBad) ? 'failed' : 'pending');
    }),
  );
});

test('once decided to go on, further ends do not take it back', () => {
  fc.assert(
    fc.property(policies, states, fc.nat(), state, (policy, all, at, next) => {
      const before = decideFanIn(policy, all);
      if (before.is === 'pending' || all.length === 0) return;
      const i = at % all.length;
      const after = all.with(i, isFinal(all[i]!) ? all[i]! : next);
      expect(decideFanIn(policy, after).is).toBe(before.is);
    }),
  );
});
