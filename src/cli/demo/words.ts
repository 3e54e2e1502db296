/** Names of one language: how they are spelt in a user name, and how the person writes them. */
interface Names {
  readonly first: readonly (readonly [ascii: string, own: string])[];
  readonly last: readonly (readonly [ascii: string, own: string])[];
  readonly lastFirst?: true;
}

const same = (...names: readonly string[]): (readonly [string, string])[] => names.map((name) => [name.toLowerCase(), name]);

const NAMES: readonly Names[] = [
  {
    first: same('Emma', 'Oliver', 'Grace', 'Henry', 'Ruby', 'Oscar', 'Alice'),
    last: same('Wood', 'Hughes', 'Foster', 'Palmer', 'Reed', 'Shaw', 'Marsh', 'Cole'),
  },
  {
    first: same('Hanna', 'Jonas', 'Lea', 'Paul', 'Clara', 'Emil', 'Ida'),
    last: [
      ...same('Fischer', 'Wagner', 'Becker', 'Hoffmann', 'Koch'),
      ['mueller', 'Müller'],
      ['koenig', 'König'],
      ['gross', 'Groß'],
    ],
  },
  {
    first: [
      ['ivan', 'Иван'],
      ['maria', 'Мария'],
      ['pavel', 'Павел'],
      ['elena', 'Елена'],
      ['nikita', 'Никита'],
      ['vera', 'Вера'],
    ],
    last: [
      ['volkenko', 'Волкенко'],
      ['gromyko', 'Громыко'],
      ['shevchuk', 'Шевчук'],
      ['litvin', 'Литвин'],
      ['moroz', 'Мороз'],
    ],
  },
  {
    first: [...same('Carmen', 'Javier', 'Elena', 'Pablo'), ['ines', 'Inés'], ['alvaro', 'Álvaro']],
    last: [...same('Romero', 'Navarro', 'Torres', 'Serrano'), ['nunez', 'Núñez'], ['sanchez', 'Sánchez'], ['leon', 'León']],
  },
  {
    first: [
      ['haruto', '陽翔'],
      ['yui', '結衣'],
      ['ren', '蓮'],
      ['aoi', '葵'],
      ['hina', '陽菜'],
    ],
    last: [
      ['ito', '伊藤'],
      ['watanabe', '渡辺'],
      ['yamamoto', '山本'],
      ['nakamura', '中村'],
      ['kobayashi', '小林'],
      ['kato', '加藤'],
    ],
    lastFirst: true,
  },
  {
    first: [
      ['ahmad', 'أحمد'],
      ['fatima', 'فاطمة'],
      ['khaled', 'خالد'],
      ['maryam', 'مريم'],
      ['hassan', 'حسن'],
    ],
    last: [
      ['mansour', 'منصور'],
      ['saleh', 'صالح'],
      ['khoury', 'خوري'],
      ['najjar', 'نجار'],
    ],
  },
];

/** A name that many bear: what their user names begin with, and what they are called. */
interface SharedName {
  readonly start: string;
  readonly fullName: string;
}

/** Coprime to the number of names: after so many steps the neighbour has another language. */
const STRIDE = 101;

/** So many of the shared names, from one on. */
export const sharedNames = (from: number, count: number): SharedName[] =>
  Array.from({ length: count }, (_unused, i) => pick(SHARED_NAMES, from + i));

/** Every first name with every last name of its language, in no order that anybody would notice. */
const SHARED_NAMES: readonly SharedName[] = shuffled(
  NAMES.flatMap(({ first, last, lastFirst }) =>
    first.flatMap(([firstAscii, firstOwn]) =>
      last.map(([lastAscii, lastOwn]) => ({
        start: `${firstAscii}.${lastAscii}-`,
        fullName: lastFirst ? `${lastOwn} ${firstOwn}` : `${firstOwn} ${lastOwn}`,
      })),
    ),
  ),
);

function shuffled<T>(all: readonly T[]): T[] {
  return all.map((_unused, i) => pick(all, i * STRIDE));
}

function pick<T>(from: readonly T[], place: number): T {
  const found = from[place % from.length];
  if (found === undefined) throw new Error('Nothing to pick from');
  return found;
}

const TOPICS = ['Reading', 'Прогулки', 'Küche', 'Fútbol', '写真', 'سفر', 'Music', 'Garten', 'Cine', 'Chess'];

/** The name of a group, from its number. */
export const topicOf = (number: number): string => `${pick(TOPICS, number)} ${number}`;

/** What is said over and over. Their number is prime, so that nobody says always the same. */
export const PHRASES: readonly string[] = [
  'Good morning!',
  'Has anybody seen the timetable?',
  'Yes, it is here: https://example.com/timetable',
  'Thank you 🙏',
  'See you at six',
  'I am running ten minutes late, start without me',
  'Привет! Как дела?',
  'Всё хорошо, спасибо 😊',
  'Завтра в семь у входа',
  'Посмотри, пожалуйста: https://example.org/foto',
  'Guten Abend zusammen',
  'Bin gleich da, der Zug hat Verspätung 🚆',
  'Das klingt gut!',
  'Wer bringt den Kuchen mit? 🍰',
  '¡Hola a todos!',
  '¿Quedamos el sábado?',
  'Perfecto, hasta luego 👋',
  'No puedo, lo siento',
  'こんにちは！',
  '了解しました',
  '明日の会議は何時からですか？',
  'ありがとうございます 🙇',
  'مرحبا!',
  'شكرا جزيلا',
  'نلتقي غدا إن شاء الله 🌙',
  '好的，没问题',
  '周末去爬山吗？⛰️',
  'Bonne idée !',
  'Tudo bem?',
  '😂😂😂',
  'A longer one, since not everything fits into a line: the train leaves at 8:12 from platform 4, the next one only at 10:40, and the café at the station opens at nine. Bring a jacket, it may rain in the hills.',
];
