import type { Charset } from './charsets.ts';

/** A language of the generated mails; `tw` is Chinese in traditional characters. */
export type Language =
  | 'en'
  | 'de'
  | 'fr'
  | 'es'
  | 'pt'
  | 'it'
  | 'pl'
  | 'ru'
  | 'ar'
  | 'ja'
  | 'zh'
  | 'tw';

/** What mails in a language have in common: charsets in use, time zone, and the words for dates and goods. */
export interface LanguageFacts {
  readonly charsets: readonly Charset[];
  readonly zoneMinutes: number;
  readonly weekdays: readonly string[];
  readonly months: readonly string[];
  /** How a day is written: `{d}` is its number, `{m}` the month's word. */
  readonly date: string;
  readonly goods: readonly string[];
  readonly places: readonly string[];
}

const numbered = Array.from({ length: 12 }, (_, at) => String(at + 1));
const words = (list: string) => list.split(' ');

/** The facts of each language; weekdays run from Monday to Friday. */
export const languages: Readonly<Record<Language, LanguageFacts>> = {
  en: {
    charsets: ['iso-8859-1', 'windows-1252', 'utf-8'],
    zoneMinutes: 0,
    weekdays: words('Monday Tuesday Wednesday Thursday Friday'),
    months: words(
      'January February March April May June July August September October November December',
    ),
    date: '{d} {m}',
    goods: ['pressed apple', 'oak boards', 'desk tops', 'flour', 'bulbs', 'paint', 'tiles'],
    places: ['Hull', 'Leeds', 'Goole', 'Coventry', 'Felixstowe', 'Carlisle'],
  },
  de: {
    charsets: ['iso-8859-15', 'iso-8859-1', 'utf-8'],
    zoneMinutes: 60,
    weekdays: words('Montag Dienstag Mittwoch Donnerstag Freitag'),
    months: words(
      'Januar Februar März April Mai Juni Juli August September Oktober November Dezember',
    ),
    date: '{d}. {m}',
    goods: ['Möbel', 'Küchenfronten', 'Kühlgeräte', 'Röstkaffee', 'Gläser', 'Sämereien'],
    places: ['Bremen', 'Emden', 'Lübeck', 'Nürnberg', 'Köln'],
  },
  fr: {
    charsets: ['windows-1252', 'iso-8859-15', 'utf-8'],
    zoneMinutes: 60,
    weekdays: words('lundi mardi mercredi jeudi vendredi'),
    months: words(
      'janvier février mars avril mai juin juillet août septembre octobre novembre décembre',
    ),
    date: '{d} {m}',
    goods: ['fromages', 'œuvres encadrées', 'verrerie', 'bougies', 'pièces détachées'],
    places: ['Lyon', 'Calais', 'Orléans', 'Besançon', 'Nîmes'],
  },
  es: {
    charsets: ['iso-8859-15', 'windows-1252', 'utf-8'],
    zoneMinutes: 60,
    weekdays: words('lunes martes miércoles jueves viernes'),
    months: words(
      'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
    ),
    date: '{d} de {m}',
    goods: ['anchoas', 'piñones', 'aceite', 'azulejos', 'calzado de niño'],
    places: ['Bilbao', 'Almería', 'Gijón', 'La Coruña', 'Logroño'],
  },
  pt: {
    charsets: ['iso-8859-1', 'windows-1252', 'utf-8'],
    zoneMinutes: 0,
    weekdays: words('segunda-feira terça-feira quarta-feira quinta-feira sexta-feira'),
    months: words(
      'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro',
    ),
    date: '{d} de {m}',
    goods: ['azulejo', 'cortiça', 'maçãs', 'têxteis', 'conservas'],
    places: ['Porto', 'Aveiro', 'Setúbal', 'Guimarães', 'Évora'],
  },
  it: {
    charsets: ['iso-8859-1', 'windows-1252', 'utf-8'],
    zoneMinutes: 60,
    weekdays: words('lunedì martedì mercoledì giovedì venerdì'),
    months: words(
      'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
    ),
    date: '{d} {m}',
    goods: ['vetro', 'caffè', 'piastrelle', 'ricambi', 'pasta'],
    places: ['Genova', 'Trieste', 'Forlì', 'Bologna', 'Cantù'],
  },
  pl: {
    charsets: ['iso-8859-2', 'utf-8'],
    zoneMinutes: 60,
    weekdays: words('poniedziałek wtorek środę czwartek piątek'),
    months: words(
      'stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia',
    ),
    date: '{d} {m}',
    goods: ['mąka', 'szkło', 'części zamienne', 'świece', 'meble'],
    places: ['Gdynia', 'Łódź', 'Poznań', 'Świnoujście', 'Kraków'],
  },
  ru: {
    charsets: ['koi8-r', 'windows-1251', 'utf-8'],
    zoneMinutes: 120,
    weekdays: words('понедельник вторник среду четверг пятницу'),
    months: words(
      'января февраля марта апреля мая июня июля августа сентября октября ноября декабря',
    ),
    date: '{d} {m}',
    goods: ['фанера', 'запчасти', 'посуда', 'бумага', 'чай'],
    places: ['Рига', 'Варна', 'Таллин', 'Алматы', 'Батуми'],
  },
  ar: {
    charsets: ['windows-1256', 'utf-8'],
    zoneMinutes: 120,
    weekdays: ['الاثنين', 'الثلاثاء', 'الأربعاء', 'الخميس', 'الجمعة'],
    months: words('يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر'),
    date: '{d} {m}',
    goods: ['برتقال', 'تمور', 'أقمشة', 'زجاج', 'توابل'],
    places: ['الإسكندرية', 'دمياط', 'العقبة', 'بيروت'],
  },
  ja: {
    charsets: ['iso-2022-jp', 'shift_jis', 'utf-8'],
    zoneMinutes: 540,
    weekdays: ['月曜日', '火曜日', '水曜日', '木曜日', '金曜日'],
    months: numbered,
    date: '{m}月{d}日',
    goods: ['工作機械の部品', '陶器', '計測器', '緑茶', '織物'],
    places: ['横浜', '神戸', '名古屋', '博多'],
  },
  zh: {
    charsets: ['gb18030', 'utf-8'],
    zoneMinutes: 480,
    weekdays: ['星期一', '星期二', '星期三', '星期四', '星期五'],
    months: numbered,
    date: '{m}月{d}日',
    goods: ['纸箱', '玻璃杯', '灯具', '玩具', '自行车零件'],
    places: ['深圳', '宁波', '青岛', '厦门'],
  },
  tw: {
    charsets: ['big5', 'utf-8'],
    zoneMinutes: 480,
    weekdays: ['星期一', '星期二', '星期三', '星期四', '星期五'],
    months: numbered,
    date: '{m}月{d}日',
    goods: ['螺絲', '烏龍茶', '腳踏車', '電子零件', '瓷器'],
    places: ['高雄', '基隆', '臺中', '臺南'],
  },
};
