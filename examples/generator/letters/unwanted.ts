import type { Letter } from '../letters.ts';

/** Strangers who sell, by name. */
export const pitches: readonly Letter[] = [
  {
    language: 'en',
    subjects: [
      '{owner}, quick question',
      'Fewer empty kilometres at Skerry Freight?',
      'Re: our chat',
    ],
    paragraphs: [
      ['Hi {owner},'],
      [
        'I came across Skerry Freight while looking at hauliers on the Humber and was impressed.',
        'I looked at your website and found {n} errors that keep you off the first page.',
        'I represent three experienced drivers who are free from {date}.',
      ],
      [
        'Companies like yours typically save {n} % of their fuel with us.',
        'We did this for a fleet of your size in {town}.',
        '',
      ],
      [
        'Would you be open to a 15-minute call on {weekday}?',
        'Just bumping this to the top of your inbox. A one-word answer is fine.',
        'If you are not the right person, could you point me to them?',
      ],
      ['Best,\n{sender}\nAccount Executive'],
    ],
  },
  {
    language: 'de',
    subjects: ['Kennenlernen?', 'Lagerprozesse in 90 Tagen verschlanken'],
    paragraphs: [
      ['Guten Tag Frau Moreland,'],
      [
        'wir kennen uns noch nicht: Ich berate Speditionen dabei, Wege um {n} Prozent zu verkürzen.',
      ],
      ['Hätten Sie am {weekday} zwanzig Minuten für ein unverbindliches Gespräch?'],
      ['{sender}'],
    ],
  },
];

/** Unwanted mail sent in bulk. */
export const junk: readonly Letter[] = [
  {
    language: 'en',
    subjects: [
      'SL33P LIKE A B4BY!!!',
      'CONGRATULATION!!! YOU WON ${amount}',
      'My dear, please read',
    ],
    paragraphs: [
      ['ATTENTION LUCKY WINNER,', 'Dear beloved one,', 'Over 2,OOO,OOO peop1e use Somnora-X!!!'],
      [
        'YOUR EMAIL HAS WON THE SUM OF ${amount} IN THE HARVEST INTERNATIONAL DRAW.',
        'My late husband left EUR {amount} in a security vault and I have no child.',
        'No presc.ription. No d0ctor. Only {n} bottles left.',
      ],
      [
        'SEND FULL NAME, AGE AND A COPY OF YOUR IDENTITY CARD TO CLAIM.',
        'The vault company asks only a small release fee.',
        '>>> http://{domain}/go?id={code} <<<',
      ],
    ],
  },
  {
    language: 'ru',
    subjects: ['Вам начислено {ref} руб.', 'Доход каждый день'],
    paragraphs: [
      ['Здравствуйте!'],
      ['На ваше имя начислено {ref} рублей. Заберите деньги сегодня!'],
      ['Никаких вложений: http://{domain}/vhod?k={code}'],
    ],
  },
  {
    language: 'zh',
    subjects: ['【限时】名表一折，全球包邮', '代开发票，优惠{n}%'],
    paragraphs: [
      ['老板您好！'],
      ['名表一折起，和专柜一模一样，货到付款。', '各类票据，当天可取。'],
      ['http://{domain}/{code}'],
    ],
  },
  {
    language: 'es',
    subjects: ['Su préstamo de {amount} € está PRE-APROBADO'],
    paragraphs: [
      ['¡FELICIDADES!'],
      ['Sin nómina, sin aval, sin preguntas. Pague 89 € de gestión y reciba el dinero en 2 horas.'],
      ['QUIERO MI DINERO: http://{domain}/ya'],
    ],
  },
];

/** Mails that want secrets or money under a false name; `{domain}` is the attacker's. */
export const lures: readonly Letter[] = [
  {
    language: 'en',
    senders: [
      'Larkmoor Bank <no-reply@1arkmoor-bank.test>',
      'Larkmoor Bank <safe@larkmoor-bank-help.test>',
    ],
    subjects: ['Your account will be restricted in 24 hours', 'New device: confirm your identity'],
    paragraphs: [
      ['Dear Customer,', 'Dear Client,'],
      ['We noticed a sign-in from a new device. Your account will be restricted within 24 hours.'],
      ['Confirm your identity: have your card number, passcode and one-time code ready.'],
      ['http://{domain}/verify?u=ida.moreland&k={code}'],
    ],
  },
  {
    language: 'en',
    senders: [
      'Skerry Freight IT Helpdesk <it-support@skerry-frieght.test>',
      'Webmail <quota@skerry-freight-mail.test>',
    ],
    subjects: ['[Action required] {n} messages are held', 'Your mailbox is 99% full'],
    paragraphs: [
      ['Hello ida.moreland,'],
      ['{n} incoming messages are being held and will be deleted on {date}.'],
      ['Sign in with your current password to keep your messages: http://{domain}/login?k={code}'],
    ],
  },
  {
    language: 'en',
    senders: ['Ruth Adeyemi-Clarke <exec.office.ruth@quickmail-box.example.net>'],
    subjects: ['Are you at your desk?', 'Quick favour'],
    paragraphs: [
      ['{owner},', 'Good morning,'],
      [
        'I am in a meeting and cannot talk. Buy {n} gift cards of 100 pounds and send me the codes.',
      ],
      ['Do not mention it to anybody yet, it is a surprise.', 'I will reimburse you today.'],
    ],
  },
  {
    language: 'en',
    senders: ['Ravenspurn Tyres <office@ravenspurn-tyre.example.org>'],
    subjects: ['RE: Invoice {ref}: NEW bank details', 'Changed account for invoice {ref}'],
    paragraphs: [
      ['Hello Ida,'],
      ['Our account is under audit. Kindly settle invoice {ref} to the new account today.'],
      ['Do not call the office, the telephone is out of order.'],
    ],
  },
  {
    language: 'de',
    senders: ['Zustellbote Kurier <zustellung@zustellbote-paket.test>'],
    subjects: ['Ihr Paket wartet: Zollgebühr 1,99 € offen', 'Paket {ref} geht zurück'],
    paragraphs: [
      ['Sehr geehrter Kunde,'],
      ['Ihr Paket {ref} geht zurück, wenn die Zollgebühr nicht binnen 12 Stunden bezahlt wird.'],
      ['Kreditkarte und SMS-TAN bereithalten: http://{domain}/zahlung/{code}'],
    ],
  },
];
