import { describe, expect, test } from 'vitest';
import { parseMail } from '../../../../jobs/mail-triage/mail/mail.ts';
import { knowPeople, meetPeople } from '../../../../jobs/mail-triage/people/acquaintance.ts';
import { openStartCounts } from '../../../../jobs/mail-triage/spam/start-model.ts';
import { judgeMail } from '../../../../jobs/mail-triage/triage.ts';
import { composeMail, type MailText } from '../compose.ts';

const grace = 'Grace Hopper <grace@harbour-pilots.example>';
const before: MailText[] = [
  { to: grace },
  { to: grace, from: 'Linus Berg <linus@harbour-pilots.example>' },
  { from: grace, to: 'Mona Fjord <mona@fjordline.example>' },
  { from: 'Mona Fjord <mona@fjordline.example>', to: grace },
];
const parse = (text: MailText) => parseMail(composeMail({ to: grace, ...text }));
const people = knowPeople(
  { contacts: [], letters: [] },
  meetPeople(before.map((text, at) => ({ id: `${at}`, mail: parse(text) }))),
);
const judge = { counts: openStartCounts(), now: new Date('2026-03-03T12:00:00Z'), people };
const categoryOf = (text: MailText) => {
  const { answer, reasons } = judgeMail(parse(text), judge).category;
  return { answer, reasons: reasons.join('; ') };
};
const refuted = {
  'Authentication-Results': 'mx.harbour-pilots.example; spf=fail; dkim=none; dmarc=fail',
};
const proven = {
  'Authentication-Results': 'mx.harbour-pilots.example; spf=pass; dkim=pass; dmarc=pass',
};

describe('phishing wins over the question it asks', () => {
  test.each<[string, MailText, string]>([
    [
      'a domain nearly our own',
      {
        from: 'Payroll <payroll@harbuor-pilots.example>',
        body: 'Could you confirm your password on the new portal by noon?',
      },
      'is nearly harbour-pilots.example',
    ],
    [
      'a colleague from elsewhere who wants gift cards',
      {
        from: 'Linus Berg <lberg.office@anymail.example>',
        body: 'Hi Grace, are you free? I need you to buy four gift cards for a client and send me photos of the codes. Do not call, I am in a meeting.',
      },
      'bears the name of linus@harbour-pilots.example',
    ],
    [
      'new bank details from a sender that is refuted',
      {
        from: 'Accounts <accounts@ropeworks.example>',
        headers: refuted,
        body: 'Please note our new bank account for invoice 31. Can you confirm the payment today?',
      },
      'wants money to go to another account',
    ],
    [
      'a page attached that hides what it is',
      {
        from: 'Scanner <scan@docs-view.example>',
        subject: 'Scan 112.pdf',
        headers: {
          ...refuted,
          'Content-Type': 'text/html; name="scan.pdf.html"',
          'Content-Disposition': 'attachment; filename="scan.pdf.html"',
        },
        html: '<form></form>',
      },
      'hides what the attachment is',
    ],
    [
      'German, a link that shows another host',
      {
        from: 'Kundendienst <service@kunden-portal.example>',
        html: '<p>Ihr Konto wurde eingeschränkt. Bitte bestätigen Sie binnen 24 Stunden.</p><a href="http://kunden-portal.example/x">www.hafenbank.example</a>',
      },
      'a link shows www.hafenbank.example',
    ],
    [
      'French, a secret asked for by a refuted sender',
      {
        from: 'Service <info@impots-gouv.example>',
        headers: refuted,
        body: 'Bonjour,\n\nVotre compte sera bloqué. Indiquez votre mot de passe dans les 24 heures :\nhttp://impots-gouv.example/f',
      },
      'the receiving server found',
    ],
  ])('%s', (_, text, reason) => {
    const { answer, reasons } = categoryOf(text);
    expect({ answer, reasons }).toMatchObject({ answer: 'phishing' });
    expect(reasons).toContain(reason);
  });

  test.each<[string, MailText]>([
    [
      'a sign-in notice that warns',
      {
        from: 'Bank <no-reply@hafenbank.example>',
        headers: { ...proven, 'Auto-Submitted': 'auto-generated' },
        body: 'You signed in on a new device. We never ask for your password by mail.',
      },
    ],
    [
      'a contact who writes from a new address of an honest server',
      {
        from: 'Mona Fjord <mona.fjord@homemail.example>',
        headers: proven,
        body: 'Writing from home today. Could you send me the pilot list?',
      },
    ],
    [
      'a supplier we write to who has a question about a card',
      {
        from: 'Mona Fjord <mona@fjordline.example>',
        body: 'Your fuel card expires in May. Shall we send the new card to your office?',
      },
    ],
  ])('but not: %s', (_, text) => {
    expect(categoryOf(text).answer).not.toBe('phishing');
  });
});

describe('spam is told by what it sells, also where the learned model is not sure', () => {
  test.each<[string, string, string]>([
    [
      'an inheritance',
      'Barrister Cole',
      'Dear friend, my late client left 9.5 million USD and you can be the beneficiary. May I have your answer?',
    ],
    [
      'crypto',
      'Coin Desk',
      'Double your bitcoin in 24 hours, guaranteed profit. Act now! Are you ready?',
    ],
    [
      'a loan in German',
      'Kredit Sofort',
      'Sofortkredit ohne SCHUFA, nur heute! Wollen Sie 20.000 Euro?',
    ],
    [
      'pills in French',
      'Pharma',
      'Sans ordonnance, livraison discrète. Cliquez ici : http://pharma.example/x',
    ],
    [
      'income in Russian',
      'Доход',
      'Гарантированный заработок от 5000 рублей в день, только сегодня! http://dengi.example/',
    ],
    ['lists', 'Data Team', 'We have 120,000 verified email addresses. Reply YES for a sample?'],
  ])('%s', (_, name, body) => {
    expect(
      categoryOf({ from: `${name} <x1@offers-now.example>`, headers: refuted, body }),
    ).toMatchObject({
      answer: 'spam',
    });
  });

  test('a friend may speak of a lottery, and a mail in another script is no spam for that', () => {
    const from = 'Mona Fjord <mona@fjordline.example>';
    expect(
      categoryOf({ from, body: 'My aunt won the lottery, imagine. See you on Sunday!' }).answer,
    ).toBe('fyi');
    expect(
      categoryOf({
        headers: proven,
        from: '王 <wang@ningbo-port.example>',
        subject: '船期',
        body: '您好，贵公司的货柜已于今天上午装船，预计四月二日抵达。谢谢！',
      }).answer,
    ).toBe('fyi');
  });
});

describe('a stranger who offers is cold, whatever he asks', () => {
  test.each<[string, string]>([
    [
      'English',
      'Hi Grace, I came across Harbour Pilots and we help teams like yours to save time. Could we have a quick call on Friday?',
    ],
    [
      'German',
      'Guten Tag, darf ich mich kurz vorstellen: Wir unterstützen Reedereien bei der Personalsuche. Hätten Sie 15 Minuten für ein unverbindliches Gespräch?',
    ],
    [
      'French',
      'Bonjour, je me permets de vous contacter : nous accompagnons des ports dans leur communication. Auriez-vous 15 minutes, sans engagement ?',
    ],
    [
      'Spanish',
      'Hola, me permito escribirle: ayudamos a empresas como la suya a ahorrar combustible. ¿Tendría 15 minutos esta semana?',
    ],
  ])('%s', (_, body) => {
    expect(
      categoryOf({ from: 'Brad Pitcher <brad@growthly.example>', headers: proven, body }),
    ).toMatchObject({
      answer: 'cold',
    });
  });

  test('the same words of somebody the owner writes to are a question', () => {
    const body = 'Hi Grace, I saw your new timetable. Could we have a quick call on Friday?';
    expect(categoryOf({ from: 'Mona Fjord <mona@fjordline.example>', body }).answer).toBe(
      'to-reply',
    );
    expect(
      categoryOf({
        from: 'Joe Pilot <joe@quayside.example>',
        body: 'Which berth do we get tomorrow?',
      }).answer,
    ).toBe('to-reply');
  });
});

describe('what the owner wrote', () => {
  test('waits when it asks, and is fyi when it does not', () => {
    const to = 'Mona Fjord <mona@fjordline.example>';
    expect(categoryOf({ from: grace, to, body: 'Could you send me the tide table?' })).toEqual({
      answer: 'waiting',
      reasons: 'you asked: “Could you send me the tide table?”',
    });
    expect(categoryOf({ from: grace, to, body: 'Thanks, that is fine.' }).answer).toBe('fyi');
  });

  test('is not what only says so', () => {
    const forged = {
      from: grace,
      headers: refuted,
      body: 'Could you buy bitcoin with me? Guaranteed profit, act now!',
    };
    expect(categoryOf(forged).answer).toBe('spam');
  });
});

test.each([
  ['Polish', 'Dzień dobry, czy mogą Państwo potwierdzić termin odbioru?'],
  ['Portuguese', 'Bom dia, podem confirmar a hora de chegada?'],
  ['Italian', 'Buongiorno, potete inviarci il preventivo entro venerdì?'],
  ['Dutch', 'Goedemiddag, kunt u de planning voor volgende week sturen?'],
  ['Russian', 'Добрый день, подскажите, пожалуйста, время прибытия.'],
  ['Chinese', '您好，请问贵公司何时可以提货？'],
  ['Japanese', 'お世話になっております。到着時刻をご連絡いただけますでしょうか。'],
  ['Arabic', 'السلام عليكم، هل يمكنكم إرسال الفاتورة؟'],
])('a question in %s is to-reply', (_, body) => {
  expect(
    categoryOf({ from: 'P. Agent <agent@quayside.example>', headers: proven, subject: '-', body }),
  ).toMatchObject({
    answer: 'to-reply',
  });
});
