import type { Talk } from './talk.js';

const OF_DEMO: readonly Talk[] = [
  {
    members: ['mia.carter', 'demo'],
    unread: { demo: 2 },
    scenes: [
      {
        ago: 200,
        lines: [
          ['mia.carter', 'Do you have a minute for the lighthouse cover?'],
          ['demo', 'Sure, what do you need?'],
          ['mia.carter', 'A second pair of eyes. Red title or white title?'],
          ['demo', 'White. Red disappears on the rocks'],
          ['mia.carter', 'That is what I thought. Thank you!'],
        ],
      },
      {
        ago: 24,
        lines: [
          ['mia.carter', 'Coffee tomorrow at ten?'],
          ['demo', 'Ten is tight, half past?'],
          ['mia.carter', 'Half past it is ☕'],
          ['demo', '👍'],
        ],
      },
      {
        ago: 0.3,
        lines: [
          ['mia.carter', 'I am downstairs, they have the good table'],
          ['mia.carter', 'And there is carrot cake 🥕🍰'],
        ],
      },
    ],
  },
  {
    members: ['demo', 'anna.schmidt'],
    scenes: [
      {
        ago: 96,
        lines: [
          ['demo', 'Anna, hast du die Wanderkarte noch?'],
          ['anna.schmidt', 'Ja, liegt bei mir auf dem Schreibtisch. Brauchst du sie?'],
          ['demo', 'Nur kurz, ich will nachmessen. Es waren 24 km!'],
          ['anna.schmidt', 'Der Kuchen, Robin. Denk an den Kuchen 😇'],
          ['demo', 'Na gut. Der Kuchen war es wert'],
        ],
      },
    ],
  },
  {
    members: ['ольга.петрова', 'demo'],
    unread: { demo: 1 },
    scenes: [
      {
        ago: 62,
        lines: [
          ['ольга.петрова', 'Привет! Можешь посмотреть обложку «Байкала»?'],
          ['demo', 'Привет! Конечно, присылай'],
          ['ольга.петрова', 'https://files.example.com/baikal/oblozhka'],
          ['demo', 'Очень красиво. Лёд как настоящий'],
          ['ольга.петрова', 'Он и есть настоящий, Дима снимал в феврале при −30 🥶'],
        ],
      },
    ],
  },
  {
    members: ['demo', 'yuki.tanaka'],
    scenes: [
      {
        ago: 180,
        lines: [
          ['demo', 'Yuki, how do I write “see you on Friday”?'],
          ['yuki.tanaka', '「金曜日に会いましょう」です'],
          ['demo', '金曜日に会いましょう！'],
          ['yuki.tanaka', '完璧です 👏'],
        ],
      },
    ],
  },
  {
    members: ['ليلى', 'demo'],
    unread: { demo: 1 },
    scenes: [
      {
        ago: 38,
        lines: [
          ['ليلى', 'مساء الخير! هل أرسلت العقد إلى المترجم الجديد؟'],
          ['demo', 'نعم، أمس'],
          ['ليلى', 'ممتاز، شكرا جزيلا 🌷'],
        ],
      },
    ],
  },
  {
    members: ['diego_ruiz', 'demo'],
    scenes: [
      {
        ago: 55,
        lines: [
          ['diego_ruiz', '¿Te apuntas a la excursión del mes que viene?'],
          ['demo', 'Depende. ¿Cuántos kilómetros de verdad?'],
          ['diego_ruiz', 'Quince. Bueno, dieciséis.', { edit: 'Dieciocho como mucho, te lo prometo 🤞' }],
          ['demo', 'Vale, me apunto'],
        ],
      },
    ],
  },
  {
    members: ['jack.turner', 'demo'],
    scenes: [
      {
        ago: 152,
        lines: [
          ['jack.turner', 'The budget sheet is in your folder now. Row 31 is the tricky one'],
          ['demo', 'Thank you, Jack. All the best for the new job!'],
          ['jack.turner', 'Keep in touch 👋'],
        ],
      },
    ],
  },
  {
    members: ['elif.yilmaz', 'demo'],
    unread: { demo: 3 },
    scenes: [
      {
        ago: 2,
        lines: [
          ['elif.yilmaz', 'Merhaba! Kapadokya kitabının son hâlini gönderdim'],
          ['elif.yilmaz', 'Balonlarla ilgili bölüme bir bakar mısın? 🎈'],
          ['elif.yilmaz', 'Acelesi yok, yarın da olur'],
        ],
      },
    ],
  },
  {
    members: ['demo', 'zoe.adams'],
    unread: { 'zoe.adams': 1 },
    scenes: [
      {
        ago: 28,
        lines: [
          ['demo', 'How was the first day?'],
          ['zoe.adams', 'Great! Everybody is so friendly. I still do not know where the printer is'],
          ['demo', 'Nobody does. It moves at night 🖨️👻'],
        ],
      },
    ],
  },
];

const OF_OTHERS: readonly Talk[] = [
  {
    members: ['mia.carter', 'noah.bennett'],
    unread: { 'noah.bennett': 1 },
    scenes: [
      {
        ago: 130,
        lines: [
          ['noah.bennett', 'Surprise cake for Olivia on Monday, are you in?'],
          ['mia.carter', 'Of course! Chocolate?'],
          ['noah.bennett', 'She likes lemon 🍋'],
          ['mia.carter', 'Lemon it is. Not a word to anybody 🤫'],
        ],
      },
    ],
  },
  {
    members: ['саша', 'дмитрий'],
    scenes: [
      {
        ago: 84,
        lines: [
          ['саша', 'Дим, ты не видел мой зонт? Синий такой'],
          ['дмитрий', 'Видел в переговорке на подоконнике'],
          ['саша', 'Спасибо! Спас меня от ливня ☔'],
          ['дмитрий', 'С тебя пирожок 😉'],
          ['саша', 'С капустой или с вишней?'],
          ['дмитрий', 'Два пирожка', { edit: 'Один с капустой и один с вишней' }],
        ],
      },
    ],
  },
  {
    members: ['beatriz.silva', 'joao-costa'],
    unread: { 'beatriz.silva': 2 },
    scenes: [
      {
        ago: 47,
        lines: [
          ['joao-costa', 'Bia, já viste o pôr do sol de hoje? 🌅'],
          ['beatriz.silva', 'Vi da janela, que maravilha'],
          ['joao-costa', 'Podíamos fazer um guia só de miradouros de Lisboa'],
          ['beatriz.silva', 'Boa ideia! Começo a lista: Graça, Senhora do Monte, Santa Luzia…'],
          ['joao-costa', 'E São Pedro de Alcântara'],
          ['joao-costa', 'Já temos quatro, só faltam vinte 😄'],
        ],
      },
    ],
  },
  {
    members: ['marco.rossi', 'giulia_ricci'],
    scenes: [
      {
        ago: 68,
        lines: [
          ['giulia_ricci', 'Marco, le bozze della Sicilia quando arrivano?'],
          ['marco.rossi', 'Domani mattina, promesso'],
          ['giulia_ricci', 'L’hai detto anche ieri 🙄'],
          ['marco.rossi', 'Ieri era un altro domani'],
          ['giulia_ricci', 'Alle nove sulla mia scrivania, o niente cannoli'],
          ['marco.rossi', 'Arrivo alle otto'],
        ],
      },
    ],
  },
  {
    members: ['li.wei', '陈晓明'],
    unread: { 'li.wei': 1 },
    scenes: [
      {
        ago: 104,
        lines: [
          ['li.wei', '晓明，成都那一章的餐馆地址你核对过了吗？'],
          ['陈晓明', '核对过了，有两家搬走了，我已经换成新的'],
          ['li.wei', '太好了。火锅店推荐哪一家？'],
          ['陈晓明', '人民公园旁边那家，又辣又香 🌶️🔥'],
          ['li.wei', '写到一半就饿了 😂'],
          ['陈晓明', '周末一起去吃吧！'],
        ],
      },
    ],
  },
  {
    members: ['omar.nasser', 'يوسف'],
    scenes: [
      {
        ago: 58,
        lines: [
          ['omar.nasser', 'يوسف، هل نلعب كرة القدم يوم الجمعة؟ ⚽'],
          ['يوسف', 'أكيد! في نفس الملعب؟'],
          ['omar.nasser', 'نعم، الساعة الخامسة'],
          ['يوسف', 'سأحضر الماء والكرة'],
          ['omar.nasser', 'اتفقنا 👌'],
        ],
      },
    ],
  },
  {
    members: ['अर्जुन', 'priya.sharma'],
    unread: { अर्जुन: 1 },
    scenes: [
      {
        ago: 77,
        lines: [
          ['अर्जुन', 'प्रिया, जयपुर वाली किताब की तस्वीरें मिल गईं?'],
          ['priya.sharma', 'हाँ, बहुत सुंदर हैं! हवा महल वाली सबसे अच्छी है 🏰'],
          ['अर्जुन', 'वही कवर पर लगाते हैं'],
          ['priya.sharma', 'बिल्कुल! शाम तक भेज देती हूँ'],
        ],
      },
    ],
  },
  {
    members: ['olena.kovalenko', 'kasia_nowak'],
    scenes: [
      {
        ago: 34,
        lines: [
          ['olena.kovalenko', 'Kasiu, jak się mówi po polsku «закладка»?'],
          ['kasia_nowak', 'Zakładka! Prawie tak samo 😊'],
          ['olena.kovalenko', 'Дякую! То дві закладки до книжкового клубу'],
          ['kasia_nowak', 'Будь ласка! Robię herbatę, chcesz?'],
          ['olena.kovalenko', 'З лимоном, будь ласка 🍋'],
        ],
      },
    ],
  },
];

/** Chats of two. */
export const PERSONAL_TALKS: readonly Talk[] = [...OF_DEMO, ...OF_OTHERS];
