import type { Letter } from '../letters.ts';

const greetings = ['Hi {owner},', 'Dear {owner},', 'Morning {owner},', 'Hello {owner}'];
const closings = [
  'Thanks\n{sender}',
  'Best wishes\n{sender}',
  'Many thanks,\n{sender}',
  '{sender}',
];

/** Mails that wait for an answer. */
export const englishQuestions: readonly Letter[] = [
  {
    language: 'en',
    subjects: ['Collection on {weekday}, {n} pallets', 'Can you collect {n} pallets of {goods}?'],
    paragraphs: [
      greetings,
      [
        'We have {n} pallets of {goods} ready for {town}, order {ref}.',
        'Order {ref} is packed: {n} pallets, {goods}, nothing that needs cooling.',
        'I know it is short notice, but {n} pallets of {goods} have to leave for {town}.',
      ],
      [
        'Could you collect on {weekday} at {time}, and what would it cost?',
        'Do you have room on {weekday}? If so, please tell me which door and which driver.',
        'Can you take them on {date}, or shall I ask somebody else?',
      ],
      ['', 'Please let me know by {date}, the loading bay is booked after that.'],
      closings,
    ],
  },
  {
    language: 'en',
    subjects: ['Invoice {ref}', 'Question about invoice {ref}', 'Invoice question'],
    paragraphs: [
      greetings,
      [
        'Invoice {ref} shows {n} hours of waiting time. Our gate log has your driver away within the hour.',
        'On invoice {ref} I find a surcharge of GBP {amount} that I cannot place.',
        'You have billed {n} pallets on invoice {ref}; our receipt says two fewer.',
      ],
      [
        'Could you check and send a corrected one?',
        'Which of the two is right? I can pay the same day you tell me.',
        'Would you look into it before {date}, please? Our month closes then.',
      ],
      closings,
    ],
  },
  {
    language: 'en',
    subjects: ['Damage on delivery {ref}', 'Two broken boxes, delivery {ref}'],
    paragraphs: [
      greetings,
      [
        'Of the {n} boxes of {goods} that came yesterday, two were crushed at one corner.',
        'The film on pallet 3 was cut open when delivery {ref} arrived in {town}.',
      ],
      ['The driver noted it on the CMR and I have photographs.', 'Your driver saw it and signed.'],
      [
        'How do you want to handle it: a credit note, or does your insurer need a claim from us?',
        'Please tell me by {date} whether you accept a deduction of GBP {amount}.',
      ],
      closings,
    ],
  },
  {
    language: 'en',
    subjects: ['Numbers for {weekday}', 'Need two figures from you', 'For the {weekday} meeting'],
    paragraphs: [
      ['{owner},', ...greetings],
      [
        'For the meeting I need the on-time share of last month and the count of empty returns.',
        'The auditor asks for the driver hours of the last {n} weeks and the list of vehicles off the road.',
      ],
      [
        'Can you send them by {weekday} noon?',
        'Please send both before {date}. Rough is fine, late is not.',
      ],
      ['{sender}'],
    ],
  },
  {
    language: 'en',
    subjects: ['Vehicle {ref}: book it in?', 'Repair quote, vehicle {ref}'],
    paragraphs: [
      ['Hi {owner}', '{owner},'],
      [
        'The tail lift on {ref} sinks when you let go of the lever. I have tagged it out of use.',
        'Number {ref} has a slow puncture on the rear axle and the MOT is due on {date}.',
      ],
      [
        'The garage can do {weekday} at {time} for GBP {amount}.',
        'They want GBP {amount} plus parts.',
      ],
      ['Shall I book it?', 'Yes or no by {time} please, the slot goes otherwise.'],
      ['{sender}'],
    ],
  },
];

/** Mails from people that need no answer. */
export const englishNotes: readonly Letter[] = [
  {
    language: 'en',
    subjects: ['Delivered: order {ref}', 'Order {ref} is in'],
    paragraphs: [
      greetings,
      [
        'All {n} pallets arrived in {town} at {time}, seals intact.',
        'Just to confirm that {goods} and all came in on time this morning, {n} pallets.',
      ],
      ['Nothing needed from you.', 'No need to reply.', 'Please pass our thanks to the driver.'],
      closings,
    ],
  },
  {
    language: 'en',
    subjects: ['Opening hours from {date}', 'Our gates from {date}'],
    paragraphs: [
      ['Dear partners,', ...greetings],
      [
        'From {date} our loading bay opens at {time}, half an hour earlier than before.',
        'The gate on the north side stays shut from {date}; please use the south gate.',
      ],
      ['This is for your information only.', 'There is nothing you need to do.'],
      closings,
    ],
  },
  {
    language: 'en',
    subjects: ['Notes from {weekday}', 'Minutes, yard meeting'],
    paragraphs: [
      ['Hi all,', 'All,'],
      [
        'Short notes from {weekday}: door 4 gets a new sensor, the agency sends {n} people for peak, the kettle is replaced.',
        'What we agreed: no change to nights before {date}, {n} trailers in reserve, and the map goes on the wall.',
      ],
      ['Shout if I got something wrong.', 'Filed in the shared folder as well.'],
      ['{sender}'],
    ],
  },
];

/** The owner's own mails that ask, so that she waits. */
export const ownQuestions: readonly Letter[] = [
  {
    language: 'en',
    subjects: ['{n} pallets to {town}, {weekday}?', 'Trailer for {date}?', 'Slot on {weekday}?'],
    paragraphs: [
      ['Hello,', 'Good morning,', 'Dear colleague,'],
      [
        'We have {n} pallets of {goods} for {town} and no trailer of our own on {weekday}.',
        'Could we move order {ref} to {date}? The customer is not ready.',
        'The papers for {ref} show a weight that cannot be right.',
      ],
      [
        'Could you let me know by {date}?',
        'Can you help, and at what rate?',
        'Would you check with your side and tell me?',
      ],
      ['Ida Moreland\nSkerry Freight'],
    ],
  },
];

/** What is written on in a thread, by anybody in English. */
export const englishReplies = {
  asking: [
    'Thank you. One more thing: can you also take {n} pallets back from {town} on {date}?',
    'That helps. Who pays the waiting time if we start at {time}? I need to know by {weekday}.',
    'Understood. Could you send me the papers for {ref} before {date}, please?',
  ],
  telling: [
    'Perfect, that settles it. Thank you.',
    'Noted, {weekday} at {time} it is. Nothing more from my side.',
    'All clear, I have told the driver. No need to answer.',
  ],
  own: [
    'Yes, {weekday} at {time} works, GBP {amount} as last time. Does the customer have a fork-lift?',
    'We can do that. Could you send me the weights of all {n} pallets?',
    'I am sorry about that. I have asked the driver; may I come back to you, and until when do you need it?',
  ],
  ownClosing: [
    'Yes, that is fine. It is booked for {weekday} at {time}.',
    'Done: the corrected papers for {ref} are in your portal.',
    'No, we cannot on {weekday}, I am afraid. I have left the slot to somebody else.',
  ],
} as const;
