import { expect, test } from 'vitest';
import { stripQuotes } from '../../../../jobs/mail-triage/mail/own-text.ts';

test.each([
  [
    'a quote with its introduction',
    'Yes.\n\nOn Tue, 3 Mar 2026, Ada wrote:\n> Will it rain?\n> Ada',
    'Yes.',
  ],
  [
    'an introduction over two lines',
    'Yes.\n\nOn Tue, 3 Mar 2026 at 09:30, Ada Lovelace\n<ada@analytical.example> wrote:\n> Will it rain?',
    'Yes.\n\nOn Tue, 3 Mar 2026 at 09:30, Ada Lovelace',
  ],
  ['answers between quotes', '> One?\nYes.\n> Two?\nNo.', 'Yes.\nNo.'],
  ['a signature after two dashes', 'See you.\n-- \nAda\nAnalytical Ltd', 'See you.'],
  ['a closing formula', 'See you.\n\nBest regards,\nAda', 'See you.'],
  ['a German closing formula', 'Bis dann.\n\nViele Grüße\nJörg', 'Bis dann.'],
  [
    'what Outlook puts below',
    'Fine.\n\nFrom: Ada\nSent: Tuesday\nTo: Grace\nSubject: x\n\nold text',
    'Fine.',
  ],
  ['a forwarded mail', 'Look:\n\n---------- Forwarded message ----------\nFrom: x\n\nold', 'Look:'],
])('%s is taken out', (_, text, own) => {
  expect(stripQuotes(text)).toBe(own);
});

test('a sentence that only ends with "wrote:" stays', () => {
  expect(stripQuotes('This is what he wrote:\nNothing at all.')).toBe(
    'This is what he wrote:\nNothing at all.',
  );
});
