import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closestTo, editDistance, suggest } from '../../src/core/suggest.ts';

const words = fc.string({ maxLength: 12 });

describe('the edit distance', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['digest', 'digest', 0],
    ['digets', 'digest', 1],
    ['digst', 'digest', 1],
    ['digeest', 'digest', 1],
    ['dogest', 'digest', 1],
    ['kitten', 'sitting', 3],
  ])('of "%s" and "%s" is %d', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
  });

  test('is 0 only for the same, the same both ways, and no longer than the longer word', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  test('is 1 after any swap of two neighbours that differ', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2, maxLength: 12 }), fc.nat(), (word, at) => {
        const i = at % (word.length - 1);
        fc.pre(word[i] !== word[i + 1]);
        const swapped = word.slice(0, i) + word[i + 1] + word[i] + word.slice(i + 2);
        expect(editDistance(word, swapped)).toBe(1);
      }),
    );
  });
});

describe('a suggestion', () => {
  const jobs = ['mail-triage', 'digest', 'code-review'];

  test('is the closest of what is known', () => {
    expect(suggest('mial-triage', jobs)).toBe('; did you mean "mail-triage"?');
    expect(suggest('DIGEST', jobs)).toBe('; did you mean "digest"?');
    expect(closestTo('digests', ['digital', 'digest'])).toBe('digest');
  });

  test('is nothing when nothing is close', () => {
    expect(suggest('backup', jobs)).toBe('');
    expect(suggest('digest', [])).toBe('');
  });

  test('is always one of what is known, and within a third of the name', () => {
    fc.assert(
      fc.property(words, fc.array(words), (name, known) => {
        const closest = closestTo(name, known);
        if (closest === undefined) return;
        expect(known).toContain(closest);
        const edits = editDistance(name.toLowerCase(), closest.toLowerCase());
        expect(edits).toBeLessThanOrEqual(Math.max(1, name.length / 3));
      }),
    );
  });
});
