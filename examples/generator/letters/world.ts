import type { Letter } from '../letters.ts';

/** Mails in Russian, Arabic, Japanese and Chinese that wait for an answer. */
export const worldQuestions: readonly Letter[] = [
  {
    language: 'ru',
    subjects: ['Заявка {ref}: вопрос', 'Вопрос по заявке {ref}'],
    paragraphs: [
      ['Добрый день, Ида!', 'Здравствуйте!'],
      [
        'У нас готовы {n} паллет ({goods}), отправление из города {place}.',
        'По этой заявке не хватает веса двух паллет.',
      ],
      [
        'Сможете забрать груз до {date} и сколько это будет стоить?',
        'Ответьте, пожалуйста, до {date}.',
      ],
      ['С уважением,\n{sender}'],
    ],
  },
  {
    language: 'ar',
    subjects: ['شحنة رقم {ref}'],
    paragraphs: [
      ['السيدة إيدا المحترمة،', 'تحية طيبة،'],
      ['لدينا {n} منصة من {goods} جاهزة في {place}.', 'وثائق الشحنة {ref} ناقصة.'],
      ['هل يمكنكم الاستلام قبل {date}؟', 'نرجو الرد قبل {date}.'],
      ['مع التحية،\n{sender}'],
    ],
  },
  {
    language: 'ja',
    subjects: ['注文{ref}についてのご確認', 'お問い合わせ（注文{ref}）'],
    paragraphs: [
      ['モーランド様', 'スケリー・フレイト\nモーランド様'],
      [
        'お世話になっております。\n{goods}を{n}パレット、{place}から発送いたします。',
        'いつもお世話になっております。\nこの注文の重量をご確認ください。',
      ],
      ['{date}までに集荷していただけますか。', '恐れ入りますが、{date}までにご返信ください。'],
      ['よろしくお願いいたします。\n{sender}'],
    ],
  },
  {
    language: 'zh',
    subjects: ['订单{ref}：请确认'],
    paragraphs: [
      ['Ida，您好：'],
      ['我们有{n}托盘{goods}，从{place}装船。', '这个订单的重量还没有确认。'],
      ['请问{date}之前能提货吗？运费是多少？', '请在{date}之前回复，谢谢！'],
      ['{sender}'],
    ],
  },
  {
    language: 'tw',
    subjects: ['訂單{ref}：請確認'],
    paragraphs: [
      ['莫蘭小姐您好：'],
      ['我們有{n}棧板{goods}，由{place}出貨。', '這張訂單的收貨人地址需要更正。'],
      ['請問{date}以前可以提貨嗎？', '煩請於{date}以前回覆。'],
      ['謝謝\n{sender}'],
    ],
  },
];

/** Mails in the same languages that need no answer. */
export const worldNotes: readonly Letter[] = [
  {
    language: 'ru',
    subjects: ['Груз {ref} получен'],
    paragraphs: [
      ['Добрый день!'],
      ['Все {n} паллет пришли сегодня утром, {place}.'],
      ['Отвечать не нужно.'],
      ['{sender}'],
    ],
  },
  {
    language: 'ar',
    subjects: ['وصلت الشحنة {ref}'],
    paragraphs: [
      ['تحية طيبة،'],
      ['وصلت {n} منصة اليوم بحالة جيدة.'],
      ['لا حاجة إلى الرد.'],
      ['{sender}'],
    ],
  },
  {
    language: 'ja',
    subjects: ['納品完了のご報告（{ref}）'],
    paragraphs: [
      ['モーランド様'],
      ['{n}パレットすべて、本日{time}に到着いたしました。'],
      ['ご返信には及びません。'],
      ['{sender}'],
    ],
  },
  {
    language: 'zh',
    subjects: ['货物{ref}已收到'],
    paragraphs: [['您好：'], ['{n}托盘货物今天已经到达，没有损坏。'], ['不用回复。'], ['{sender}']],
  },
  {
    language: 'tw',
    subjects: ['船期變更通知（{ref}）'],
    paragraphs: [['您好：'], ['原訂船班延後，改於{date}開航。'], ['不需回覆。'], ['{sender}']],
  },
];
