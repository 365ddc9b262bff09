import { expect, test } from 'vitest';
import { findActionItems } from '../../../../jobs/mail-triage/actions/action-items.ts';
import { splitSentences } from '../../../../jobs/mail-triage/actions/sentences.ts';

// A Tuesday.
const written = new Date('2026-03-03T09:30:00Z');

test.each([
  [
    'eng',
    'Thanks for the draft. Could you send the final numbers by Friday? It looks good.',
    'Could you send the final numbers by Friday?',
    '2026-03-06',
  ],
  [
    'eng',
    'Please sign the contract by March 20.',
    'Please sign the contract by March 20.',
    '2026-03-20',
  ],
  ['eng', 'Let me know what you think.', 'Let me know what you think.', undefined],
  [
    'deu',
    'Hallo Grace, könntest du mir bitte bis morgen die Liste schicken?',
    'Hallo Grace, könntest du mir bitte bis morgen die Liste schicken?',
    '2026-03-04',
  ],
  [
    'fra',
    'Pouvez-vous confirmer votre présence demain ?',
    'Pouvez-vous confirmer votre présence demain ?',
    '2026-03-04',
  ],
  [
    'spa',
    '¿Puedes enviarme el informe mañana?',
    '¿Puedes enviarme el informe mañana?',
    '2026-03-04',
  ],
])('%s: "%s"', (...[language, text, sentence, due]) => {
  const [item, ...others] = findActionItems(splitSentences(text), { written, language });
  expect(item).toMatchObject({ sentence });
  expect(item?.due).toBe(due);
  expect(others).toEqual([]);
});

test.each([
  'I have sent the report.',
  'Thanks for your help, it was great!',
  'We look forward to seeing you in Dallas.',
  'Click here to unsubscribe from this newsletter.',
  'Have a good weekend.',
  'There is nothing you need to do.',
])('"%s" asks nothing', (text) => {
  expect(findActionItems(splitSentences(text), { written, language: 'eng' })).toEqual([]);
});

test.each([
  ['Could you check whether it was kept cold since Friday night?', undefined],
  ['Can you find the invoice of last Monday and send it by Thursday?', '2026-03-05'],
  ['Bitte schicken Sie mir die Liste von letzter Woche.', undefined],
])('what lies behind is no due date: "%s"', (sentence, due) => {
  const language = sentence.startsWith('Bitte') ? 'deu' : 'eng';
  const [item] = findActionItems([sentence], { written, language });
  expect(item).toMatchObject({ sentence });
  expect(item?.due).toBe(due);
});

test('a German ordinal ends no sentence', () => {
  expect(
    splitSentences('Bitte antworten Sie bis Freitag, den 6. März, wegen der Miete. Danke schön.'),
  ).toEqual(['Bitte antworten Sie bis Freitag, den 6. März, wegen der Miete.', 'Danke schön.']);
});

test('lines broken by the width of the mail are one sentence, abbreviations end none', () => {
  const text =
    'Dear Dr. Hopper,\n\nthe board asked whether we could move the meeting of next week to\nThursday. Is that fine?\n- one\n- two';
  expect(splitSentences(text)).toEqual([
    'Dear Dr. Hopper,',
    'the board asked whether we could move the meeting of next week to Thursday.',
    'Is that fine?',
    '- one',
    '- two',
  ]);
});

test('a text of a megabyte without a full stop is no trouble', () => {
  const started = performance.now();
  findActionItems(splitSentences('please '.repeat(150_000)), { written, language: 'eng' });
  expect(performance.now() - started).toBeLessThan(3000);
});
