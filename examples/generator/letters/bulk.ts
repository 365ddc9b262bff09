import type { Letter } from '../letters.ts';

/** Subscribed reading. */
export const newsletters: readonly Letter[] = [
  {
    language: 'en',
    senders: [
      'The Loading Dock <weekly@loadingdock.example.org>',
      'Cold Chain Letter <letter@coldchain.example.net>',
      'Planner Notes <digest@plannernotes.example.org>',
    ],
    subjects: [
      'Issue {n}: what a pallet is worth',
      '{n} things we learned this week',
      'Your weekly digest',
    ],
    paragraphs: [
      ['THIS WEEK', 'In this issue', 'Dear readers,'],
      [
        'A warehouse in {town} closed two of its doors for a month and shipped more. We went to see why.',
        'We followed {n} pallets with trackers for a quarter. Six of them went on holiday.',
        'Two degrees lower, to be safe? We measured what the habit does to fruit and to compressors.',
      ],
      [
        '* The quiet return of the night ferry\n* Ask a planner: should we still print the roster?',
        '* How to photograph damage so that an insurer believes it\n* Letters: in defence of the half-hour slot',
        '* Counting empty kilometres honestly\n* Number of the week: {n} minutes',
      ],
      ['You get this because you signed up. Unsubscribe: https://{domain}/u/{code}'],
    ],
  },
  {
    language: 'de',
    senders: ['Hafenblick <redaktion@hafenblick.example.org>'],
    subjects: ['Hafenblick, Ausgabe {n}', 'Hafenblick: {n} Umwege um eine Brücke'],
    paragraphs: [
      ['Liebe Leserinnen und Leser,', 'In dieser Ausgabe:'],
      [
        'warum bleiben die Slots am Dienstag leer, während sich am Freitag die Lkw stauen?',
        'eine Brücke wird niedriger, und {n} Speditionen fahren Umwege.',
      ],
      ['- Leserfrage: Wer haftet, wenn der Kran den Falschen hebt?\n- Termine im Norden'],
      ['Abmelden: https://{domain}/abmelden/{code}'],
    ],
  },
  {
    language: 'pt',
    senders: ['Rota Atlântica <boletim@rota-atlantica.example.com>'],
    subjects: ['Rota Atlântica, boletim n.º {n}'],
    paragraphs: [
      ['Nesta edição'],
      ['O que muda nas portagens: fazemos as contas para um camião frigorífico.'],
      ['Para cancelar a subscrição: https://{domain}/sair/{code}'],
    ],
  },
];

/** Offers of shops and vendors. */
export const offers: readonly Letter[] = [
  {
    language: 'en',
    senders: ['Stoutfoot Workwear <hello@stoutfoot.example.com>'],
    subjects: ['{n}% off safety boots, this week only', 'Ends tonight: {n}% off'],
    paragraphs: [
      ['Dry feet for less.', 'Last call, {owner}.'],
      ['Every S3 boot in the shop is {n}% cheaper until {date}. Code WETQUAY at the till.'],
      ['Shop now: https://{domain}/sale?utm_source=mail&utm_campaign={code}'],
      ['Unsubscribe: https://{domain}/stop/{code}'],
    ],
  },
  {
    language: 'en',
    senders: ['Kettlewick Supplies <news@kettlewick.example.com>'],
    subjects: ['{owner}, your labels are cheaper by the dozen', '{n}% off everything with a lid'],
    paragraphs: [
      ['You bought labels. Now buy them cheaper.', 'Stock up before peak.'],
      [
        'From 12 rolls the labels are GBP 9.90 each instead of 13.90, delivery is free until {date}.',
      ],
      ['Order: https://{domain}/labels?c={code}\nNo more offers: https://{domain}/prefs'],
    ],
  },
  {
    language: 'en',
    senders: ['Wattle Monitor <events@wattle-monitor.example.org>'],
    subjects: ['Free webinar on {date}', 'Last seats: five alarms you can switch off'],
    paragraphs: [
      ['Join us on {date} at {time} for forty minutes on quieter monitoring.'],
      ['Existing customers get {n}% off the Pro plan this month.'],
      ['Save your seat: https://{domain}/webinar/{code}\nUnsubscribe: https://{domain}/mail'],
    ],
  },
  {
    language: 'fr',
    senders: ['Cave des Trois Ponts <offres@trois-ponts.example.net>'],
    subjects: ['Dès 12 bouteilles, la livraison est offerte', 'Jusqu’à -{n} % cette semaine'],
    paragraphs: [
      ['L’automne est là, nos cuvées aussi.', 'Nos offres de la semaine :'],
      ['Jusqu’au {date}, le coffret à 39,00 € au lieu de 52,00 €.', '-{n} % sur toute la cave.'],
      ['J’en profite : https://{domain}/offres/{code}'],
      ['Se désabonner : https://{domain}/stop/{code}'],
    ],
  },
  {
    language: 'es',
    senders: ['Calzados Ría <ofertas@calzados-ria.example.com>'],
    subjects: ['Rebajas: hasta un {n} % de descuento', 'Solo hasta el {date}'],
    paragraphs: [
      ['¡Aprovecha!', 'Hola, {owner}:'],
      ['Calzado de seguridad con un {n} % de descuento hasta el {date}.'],
      ['Comprar: https://{domain}/rebajas/{code}\nBaja: https://{domain}/baja/{code}'],
    ],
  },
];
