import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMail } from '../../../../jobs/mail-triage/mail/mail.ts';
import { openCounts } from '../../../../jobs/mail-triage/spam/counts.ts';
import { openFeatureSet } from '../../../../jobs/mail-triage/spam/feature-set.ts';
import { listFeatures } from '../../../../jobs/mail-triage/spam/features.ts';
import { findTellingWords, scoreSpam } from '../../../../jobs/mail-triage/spam/spam-classifier.ts';
import { openStartCounts } from '../../../../jobs/mail-triage/spam/start-model.ts';
import { openTallyTable } from '../../../../jobs/mail-triage/spam/tally-table.ts';
import { composeMail } from '../compose.ts';

const spam = parseMail(
  composeMail({ subject: 'Cheap pills', body: 'Buy cheap pills now, cheap cheap pills.' }),
);
const ham = parseMail(
  composeMail({ subject: 'Minutes', body: 'Attached are the minutes of the council.' }),
);

test('counts say in how many mails of each side a feature was', () => {
  const counts = openCounts();
  const features = openFeatureSet();
  features.add('words', 'pills');
  features.add('words', 'pills');
  counts.learn(features, 'spam');
  counts.learn(features, 'spam');
  counts.learn(features, 'ham');
  const [hash] = features.hashes('words');
  expect(counts.seen(hash!)).toEqual({ spam: 2, ham: 1 });
  expect(counts.mails()).toEqual({ spam: 2, ham: 1 });
  expect(counts.seen(12_345)).toBeUndefined();
});

test('a model gives back the counts it was made of, and can go on learning', () => {
  const counts = openCounts();
  counts.learn(listFeatures(spam), 'spam');
  counts.learn(listFeatures(ham), 'ham');
  const again = openCounts(counts.toModel());
  expect(scoreSpam(spam, again)).toBe(scoreSpam(spam, counts));
  again.learn(listFeatures(spam), 'spam');
  expect(again.mails()).toEqual({ spam: 2, ham: 1 });
  expect(again.toModel()).not.toEqual(counts.toModel());
});

test('what was learned moves the score to its side', () => {
  const counts = openCounts();
  counts.learn(listFeatures(spam), 'spam');
  counts.learn(listFeatures(ham), 'ham');
  expect(scoreSpam(spam, counts)).toBeGreaterThan(0.9);
  expect(scoreSpam(ham, counts)).toBeLessThan(0.1);
});

test('the start model calls a plain advertisement for pills spam, and says by which words', () => {
  const counts = openStartCounts();
  const mail = parseMail(
    composeMail({
      subject: 'FREE!!! Make money fast',
      from: 'winner@biz.example',
      body: 'Make $5000 a week from home! To be removed from our list reply with REMOVE. Click here now. Order now, 100% guaranteed.',
    }),
  );
  expect(scoreSpam(mail, counts)).toBeGreaterThan(0.9);
  expect(findTellingWords(mail, { counts, most: 3 })).not.toEqual([]);
});

test('a table of tallies behaves as a Map', () => {
  const entries = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 1000 })),
    { maxLength: 3000 },
  );
  fc.assert(
    fc.property(entries, (list) => {
      const table = openTallyTable();
      const map = new Map<number, number>();
      for (const [key, amount] of list) {
        table.add(key, amount);
        map.set(key, (map.get(key) ?? 0) + amount);
      }
      for (const [key, amount] of map) expect(table.get(key)).toBe(amount);
      expect([...table.sorted().keys]).toEqual([...map.keys()].sort((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});
