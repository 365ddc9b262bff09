import { describe, expect, test } from 'vitest';
import {
  findImitatedBrand,
  hostOf,
  registrableDomain,
} from '../../../../jobs/mail-triage/sorting/domains.ts';
import { openStartCounts } from '../../../../jobs/mail-triage/spam/start-model.ts';
import { triageMail } from '../../../../jobs/mail-triage/triage.ts';
import { composeMail, type MailText } from '../compose.ts';

const judge = { counts: openStartCounts(), now: new Date('2026-03-03T12:00:00Z') };
const triage = (text: MailText) => triageMail(composeMail(text), judge);
const unsubscribe = { 'List-Unsubscribe': '<https://list.example/u>' };

describe('category', () => {
  test.each<[string, string, MailText]>([
    [
      'to-reply',
      'a question',
      {
        body: 'Hi Grace,\n\nCould you send me the final numbers by Friday? I need them for the board.\n\nThanks,\nAda',
      },
    ],
    [
      'to-reply',
      'a question in German',
      {
        subject: 'Unterlagen',
        body: 'Hallo Frau Hopper,\n\nkönnten Sie mir bitte bis Freitag die Unterlagen schicken?\n\nViele Grüße\nJörg',
      },
    ],
    [
      'to-reply',
      'a question in French',
      {
        subject: 'Réunion',
        body: 'Bonjour,\n\nPouvez-vous confirmer votre présence mardi prochain ?\n\nCordialement,\nClaire',
      },
    ],
    [
      'fyi',
      'a note that says so',
      {
        body: 'Hi all,\n\njust a heads-up: the office is closed on Monday. No action needed.\n\nAda',
      },
    ],
    [
      'fyi',
      'an answer that asks nothing',
      {
        subject: 'Re: release',
        headers: { 'In-Reply-To': '<r@y>' },
        body: 'Deployed. Everything looks fine.\n\nAda',
      },
    ],
    [
      'fyi',
      'a discussion on a list',
      {
        subject: '[rust] Lifetimes',
        headers: { 'List-Id': '<rust.lists.example>', 'List-Post': '<mailto:rust@lists.example>' },
        body: 'I think the borrow checker is right here. The reference outlives the buffer.',
      },
    ],
    [
      'waiting',
      'a promise to answer',
      {
        subject: 'Re: contract',
        headers: { 'In-Reply-To': '<c@y>' },
        body: 'Thanks Grace, I will get back to you once legal has had a look.\n\nAda',
      },
    ],
    [
      'newsletter',
      'a periodical',
      {
        subject: 'TypeScript Weekly #412',
        headers: unsubscribe,
        html: '<h1>TypeScript Weekly</h1><p>Five articles about narrowing.</p>',
      },
    ],
    [
      'marketing',
      'a sale',
      {
        subject: '48 hours: 30% off everything',
        headers: unsubscribe,
        html: '<p>Our spring sale is here. 30% off all boots. Shop now!</p>',
      },
    ],
    [
      'receipt',
      'a payment',
      {
        subject: 'Your receipt from Cloudy',
        from: 'Cloudy <billing@cloudy.example>',
        body: 'Thank you for your payment.\n\nInvoice 42\nAmount paid: $24.00',
      },
    ],
    [
      'receipt',
      'a German invoice',
      {
        subject: 'Ihre Rechnung 4711',
        from: 'Stadtwerke <rechnung@stadtwerke.example>',
        body: 'Sehr geehrte Kundin,\n\nanbei Ihre Rechnung über 84,20 EUR.',
      },
    ],
    [
      'calendar',
      'an invitation',
      {
        subject: 'Invitation: Planning @ Thu',
        headers: { 'Content-Type': 'text/calendar; method=REQUEST' },
        body: 'BEGIN:VCALENDAR',
      },
    ],
    [
      'notification',
      'a failed build',
      {
        subject: '[acme/api] Build failed',
        from: 'CI <notifications@ci.example>',
        headers: { 'Auto-Submitted': 'auto-generated' },
        body: 'The build failed after 3 minutes.',
      },
    ],
    [
      'cold',
      'a pitch',
      {
        body: 'Hi Grace,\n\nI came across your website. We help companies boost your revenue. Would you be open to a quick call?\n\nBrad',
      },
    ],
    [
      'spam',
      'an advertisement that lies',
      {
        subject: 'FREE!!! Make money fast',
        from: 'Winner <winner@biz.example>',
        body: 'Make $5000 a week from home! This is not spam. To be removed from our list reply with REMOVE in the subject. Click here: http://biz.example/ Order now, credit card accepted! 100% guaranteed.',
      },
    ],
    ['unsure', 'nothing', { subject: '', body: '' }],
  ])('%s: %s', (category, _, text) => {
    const { answer, reasons, confidence } = triage(text).category;
    expect({ answer, reasons }).toMatchObject({ answer: category });
    expect(reasons.length).toBeGreaterThan(0);
    expect(confidence).toBeGreaterThan(0.3);
    expect(confidence).toBeLessThan(1);
  });

  test('the reason quotes what was asked', () => {
    const { category } = triage({ body: 'Hi,\n\nCould you send me the final numbers by Friday?' });
    expect(category.reasons).toContain(
      'asks you a question: “Could you send me the final numbers by Friday?”',
    );
  });

  test('unsure says what it wavers between', () => {
    const { category } = triage({
      subject: 'Re: server',
      headers: { 'In-Reply-To': '<s@y>' },
      body: 'FYI, the server was down at noon. Could you check the disk?',
    });
    expect(category).toMatchObject({ answer: 'unsure', confidence: 0.5 });
    expect(category.reasons.map((reason) => reason.split(':')[0])).toEqual([
      'could be to-reply',
      'could be fyi',
    ]);
  });
});

describe('phishing', () => {
  test('is told by the imitated name, the links and the ask, each in words', () => {
    const { category, actions, priority } = triage({
      subject: 'Your account has been suspended',
      from: 'PayPal Support <service@paypa1-secure.com>',
      html: '<p>Please verify your account within 24 hours or it will be closed.</p><a href="http://198.51.100.7/login">https://www.paypal.com/login</a>',
    });
    expect(category.answer).toBe('phishing');
    const said = category.reasons.join('; ');
    expect(said).toContain('paypa1-secure.com imitates paypal');
    expect(said).toContain('a link shows www.paypal.com but leads to 198.51.100.7');
    expect(actions).toEqual([]);
    expect(priority.answer).toBe('low');
  });

  test('is told by a display name that is another address', () => {
    const { category } = triage({
      from: '"it-support@harbour.example" <x91@badhost.example>',
      html: '<p>Your mailbox access will be suspended. Confirm your password immediately: <a href="http://harbour-mail.badhost.example/">https://mail.harbour.example</a></p>',
    });
    expect(category.answer).toBe('phishing');
  });

  test('is not an honest newsletter whose links are counted elsewhere', () => {
    const { category } = triage({
      subject: 'Garden Weekly',
      headers: unsubscribe,
      html: '<p>This week: roses.</p><a href="https://click.mailer.example/r">www.garden.example</a>',
    });
    expect(category.answer).not.toBe('phishing');
  });

  test.each([
    ['paypa1.com', 'paypal'],
    ['rnicrosoft.com', 'microsoft'],
    ['secure-paypal.net', 'paypal'],
    ['arnazon-login.com', 'amazon'],
    ['paypal.com', undefined],
    ['paypal.de', undefined],
    ['apple-orchard.example', undefined],
    ['example.org', undefined],
    ['', undefined],
  ])('%s imitates %s', (domain, brand) => {
    expect(findImitatedBrand(domain)).toBe(brand);
  });

  test('hosts and what is registered of them', () => {
    expect(hostOf('HTTPS://user:pw@Mail.Example.co.uk:8080/x')).toBe('mail.example.co.uk');
    expect(hostOf('mailto:a@b.example')).toBe('');
    expect(registrableDomain('mail.example.co.uk')).toBe('example.co.uk');
    expect(registrableDomain('a.b.harbour.com')).toBe('harbour.com');
    expect(registrableDomain('198.51.100.7')).toBe('198.51.100.7');
  });
});

describe('priority', () => {
  test('what is asked of the reader soon is high, with the day', () => {
    const { priority } = triage({ body: 'Hi Grace,\n\nCould you send me the numbers by Friday?' });
    expect(priority.answer).toBe('high');
    expect(priority.reasons).toContain('something is due on 2026-03-06');
  });

  test('a sale is low', () => {
    expect(
      triage({
        subject: '30% off',
        headers: unsubscribe,
        html: '<p>Sale! 30% off. Shop now, urgent!</p>',
      }).priority.answer,
    ).toBe('low');
  });
});

test.each([
  [
    'eng',
    'The committee has decided that the meeting of the council is to be held in the large hall on the first floor.',
  ],
  [
    'deu',
    'Der Ausschuss hat beschlossen, dass die Sitzung des Rates im großen Saal im ersten Stock stattfinden soll.',
  ],
  [
    'fra',
    'Le comité a décidé que la réunion du conseil aura lieu dans la grande salle du premier étage.',
  ],
  [
    'spa',
    'El comité ha decidido que la reunión del consejo se celebre en la sala grande del primer piso.',
  ],
  ['jpn', 'これは会議の議事録です。来週の月曜日までに確認してください。'],
  ['und', 'ok'],
])('language %s', (language, body) => {
  expect(triage({ body }).language).toBe(language);
});
