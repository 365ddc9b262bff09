import type { Letter } from '../letters.ts';

/** Invoices, receipts and orders. */
export const receipts: readonly Letter[] = [
  {
    language: 'en',
    senders: ['Kettlewick Supplies <orders@kettlewick.example.com>'],
    subjects: ['Order confirmed: {ref}', 'Your order {ref}: GBP {amount}'],
    paragraphs: [
      ['Thank you for your order, {owner}.'],
      [
        'Order {ref}\nPallet labels, {n} rolls\nTotal including VAT: GBP {amount}',
        'Order {ref}\nWork gloves, {n} pairs\nTotal including VAT: GBP {amount}',
      ],
      ['Arrives on {weekday}.', 'We will write again when it leaves.'],
    ],
  },
  {
    language: 'en',
    senders: ['Ravenspurn Tyres <office@ravenspurn-tyres.example.org>'],
    subjects: ['Invoice {ref}: drive axle tyres', 'Invoice {ref}'],
    paragraphs: [
      ['Hi Ida,', 'Hello Skerry Freight,'],
      ['Invoice {ref} for {n} hours in the workshop: GBP {amount}, due by {date}.'],
      ['Bank details as always, they have not changed.'],
    ],
  },
  {
    language: 'en',
    senders: ['Hostrook Billing <billing@hostrook.example.net>'],
    subjects: ['Receipt {ref}: GBP {amount}', 'Your monthly invoice {ref}'],
    paragraphs: [
      ['Monthly plan, receipt {ref}\nPaid by card ending 4417: GBP {amount}'],
      ['You do not need to do anything.', 'Please keep this mail for your records.'],
    ],
  },
  {
    language: 'de',
    senders: ['Gantrypass Europa <rechnung@gantrypass.example.com>'],
    subjects: ['Ihre Mautabrechnung {ref}', 'Rechnung {ref} über {amount} €'],
    paragraphs: [
      ['Guten Tag,'],
      ['Ihre Mautabrechnung {ref} beträgt {amount} € und wird am {date} abgebucht.'],
      ['Diese Nachricht wurde automatisch erstellt.'],
    ],
  },
  {
    language: 'fr',
    senders: ['Hôtel du Vieux Phare <reception@vieux-phare.example.net>'],
    subjects: ['Votre facture n° {ref}', 'Facture {ref}'],
    paragraphs: [
      ['Chère Madame Moreland,', 'Bonjour,'],
      ['Vous trouverez ci-joint la facture {ref} d’un montant de {amount} €, réglée par carte.'],
      ['Merci de votre séjour.'],
    ],
  },
  {
    language: 'es',
    senders: ['Puerto Claro Almacenes <facturas@puerto-claro.example.net>'],
    subjects: ['Factura {ref}', 'Recibo de su pago: {amount} €'],
    paragraphs: [
      ['Estimada Ida:'],
      ['Hemos recibido su pago de {amount} € por la factura {ref}. Gracias por su confianza.'],
      ['Administración'],
    ],
  },
];

/** What machines report: builds, sensors, banks, parcels, tickets, replies while away. */
export const notices: readonly Letter[] = [
  {
    language: 'en',
    senders: ['Buildlark CI <noreply@buildlark.example.org>'],
    subjects: ['[skerry/yardboard] Build #{ref} failed on main'],
    paragraphs: [
      ['Build #{ref} failed after {n} min.\nCommit {code}\nBranch main'],
      ['FAIL  test/clock.test.ts\n1 failed, 211 passed.', 'FAIL  test/doors.test.ts\n{n} failed.'],
      ['Log: https://{domain}/skerry/yardboard/{ref}'],
    ],
  },
  {
    language: 'en',
    senders: ['Buildlark CI <noreply@buildlark.example.org>'],
    subjects: ['[skerry/yardboard] Build #{ref} passed on main'],
    paragraphs: [
      ['Build #{ref} passed after {n} min.\nCommit {code}\nBranch main'],
      ['212 passed.', 'main was failing before.'],
    ],
  },
  {
    language: 'en',
    senders: ['Wattle Monitor <alerts@wattle-monitor.example.org>'],
    subjects: ['ALARM: cold store 2 above 6.0 °C', 'ALARM: sensor CS{n} reports 7.{n} °C'],
    paragraphs: [
      ['Sensor  CS{n}-north\nSince   {time}', 'Sensor  CS{n}-door\nSince   {time}'],
      ['Value   7.{n} °C, limit 6.0 °C'],
      ['Graph:  https://{domain}/s/{code}'],
    ],
  },
  {
    language: 'en',
    senders: ['Wattle Monitor <alerts@wattle-monitor.example.org>'],
    subjects: ['OK: cold store 2', 'OK: sensor CS{n}'],
    paragraphs: [['Sensor  CS{n}-north\nValue   4.{n} °C'], ['The alarm ended at {time}.']],
  },
  {
    language: 'en',
    senders: ['Larkmoor Bank <no-reply@larkmoor-bank.test>'],
    subjects: ['Payment received: GBP {amount}'],
    paragraphs: [
      ['A payment of GBP {amount} has arrived in your account ending 2207, reference {ref}.'],
      ['We never ask for your passcode by email.'],
    ],
  },
  {
    language: 'en',
    senders: ['Larkmoor Bank <no-reply@larkmoor-bank.test>'],
    subjects: ['You signed in on a new device'],
    paragraphs: [
      ['You signed in to Larkmoor Business at {time} on a tablet in {town}.'],
      ['If this was you, there is nothing to do. This mail contains no links on purpose.'],
    ],
  },
  {
    language: 'en',
    senders: ['Yardboard Support <ticket@skerry-freight.test>'],
    subjects: [
      '[#{ref}] Solved: label printer prints mirrored',
      '[#{ref}] Your ticket was updated',
    ],
    paragraphs: [
      ['Ticket {ref} was marked as solved. It closes by itself in five days.'],
      ['This is an automatic message.'],
    ],
  },
  {
    language: 'de',
    senders: ['Zustellbote Kurier <status@zustellbote.example.com>'],
    subjects: [
      'Sendung {ref} wird heute zugestellt',
      'Ihre Sendung {ref} aus {place} ist unterwegs',
    ],
    paragraphs: [
      ['Ihre Sendung {ref} wird zwischen {time} und 19:00 Uhr zugestellt.'],
      ['Unterschrift erforderlich. Dies ist eine automatische Nachricht für Ihre Übersicht.'],
    ],
  },
  {
    language: 'de',
    senders: ['Henrike Voß <h.voss@linden-forwarding.example.com>'],
    subjects: ['Abwesend bis zum {date}', 'Automatische Antwort'],
    paragraphs: [
      ['Ich bin bis zum {date} im Urlaub und lese keine Mails.'],
      ['In dringenden Fällen hilft Ihnen das Büro.'],
    ],
  },
  {
    language: 'ru',
    senders: ['Терминал Рассвет <notify@terminal-rassvet.test>'],
    subjects: ['Контейнер {ref}: статус изменён'],
    paragraphs: [
      ['Контейнер {ref}: выгружен, ожидает осмотра. Осмотр назначен на {date}.'],
      ['Это автоматическое письмо.'],
    ],
  },
];

/** Texts that come with a calendar part. */
export const meetings: readonly Letter[] = [
  {
    language: 'en',
    subjects: ['Peak planning', 'Yard meeting', 'Call about order {ref}', 'Site visit, {town}'],
    paragraphs: [
      ['Please see the appointment below.', 'Agenda: trailers, agency hours, door 4.'],
      ['{sender}'],
    ],
  },
  {
    language: 'de',
    subjects: ['Besichtigung Lager {place}', 'Abstimmung zu Auftrag {ref}'],
    paragraphs: [
      ['Ich freue mich auf unser Gespräch.', 'Der Termin steht im Anhang.'],
      ['{sender}'],
    ],
  },
  {
    language: 'fr',
    subjects: ['Point transport', 'Visite du dépôt de {place}'],
    paragraphs: [['Je vous propose ce créneau.'], ['{sender}']],
  },
];
