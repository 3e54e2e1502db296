import type { Talk } from './talk.js';

const GERMAN: Talk = {
  name: 'Deutsche Redaktion',
  members: ['anna.schmidt', 'lukas_weber', 'felix.braun', 'demo', 'kasia_nowak'],
  admins: ['lukas_weber'],
  unread: { demo: 3 },
  scenes: [
    {
      ago: 285,
      lines: [
        ['anna.schmidt', 'Moin zusammen! Die Fahnen für „Ostsee zu Fuß“ sind da 📦'],
        ['lukas_weber', 'Super, ich hole sie gleich ab. Wie ist der Druck geworden?'],
        ['anna.schmidt', 'Farben gut, nur das Blau auf Seite 17 ist ein bisschen grün'],
        ['felix.braun', 'Ein bisschen grün oder Ostsee-grün?'],
        ['anna.schmidt', 'Ostsee-grün. Dann lassen wir es so 😄'],
        ['kasia_nowak', 'Kann ich ein Exemplar nach Krakau haben?'],
        ['lukas_weber', 'Geht morgen in die Post ✉️'],
      ],
    },
    {
      ago: 118,
      lines: [
        ['felix.braun', 'Frage in die Runde: „der“ oder „das“ Blog?'],
        ['lukas_weber', 'Beides erlaubt, bei uns „das“.'],
        ['felix.braun', 'Und Radweg, Fahrradweg oder Radverkehrsanlage?'],
        ['anna.schmidt', 'Radverkehrsanlage nur über meine Leiche 💀'],
        ['demo', 'Danke, das nehme ich als Überschrift', { edit: 'Danke, das nehme ich als Motto für den Stilratgeber' }],
      ],
    },
    {
      ago: 7,
      lines: [
        ['lukas_weber', 'Morgen kommt die Fotografin um 10 Uhr, bitte räumt die Küche auf'],
        ['felix.braun', 'Auch die Süßigkeiten?'],
        ['lukas_weber', 'Die Süßigkeiten sind das Motiv 🍬'],
      ],
    },
  ],
};

const RUSSIAN: Talk = {
  name: 'Русская редакция',
  members: ['ольга.петрова', 'дмитрий', 'саша', 'demo'],
  admins: ['дмитрий'],
  unread: { demo: 2, саша: 1 },
  scenes: [
    {
      ago: 270,
      lines: [
        ['ольга.петрова', 'Коллеги, путеводитель по Байкалу сдаём пятнадцатого. Успеваем?'],
        ['дмитрий', 'Карты готовы, осталась глава про поезда'],
        ['саша', 'Поезда допишу к пятнице 🚂'],
        ['ольга.петрова', 'Отлично! Только без романтики на пять страниц, пожалуйста'],
        ['саша', 'Две страницы романтики и таблица с расписанием'],
        ['дмитрий', 'Компромисс века 😄'],
      ],
    },
    {
      ago: 133,
      lines: [
        ['саша', 'Глава готова: https://files.example.com/baikal/poezda'],
        ['ольга.петрова', 'Читаю… Про омуля в вагоне — прекрасно'],
        ['дмитрий', 'Проголодался. Где у нас ближайшая столовая?'],
        ['саша', 'На первом этаже, сегодня борщ'],
        ['demo', 'Борщ — это аргумент'],
        ['дмитрий', 'Выхожу через 5 минут', { edit: 'Выхожу через 2 минуты' }],
      ],
    },
    {
      ago: 9,
      lines: [
        ['дмитрий', 'Вёрстка ушла в типографию 🎉'],
        ['ольга.петрова', 'Ура! Спасибо всем, вы лучшие ❤️'],
      ],
    },
  ],
};

const SPANISH: Talk = {
  name: 'Equipo de Madrid',
  members: ['sofia.garcia', 'diego_ruiz', 'demo', 'beatriz.silva', 'marco.rossi'],
  unread: { 'marco.rossi': 5 },
  scenes: [
    {
      ago: 240,
      lines: [
        ['sofia.garcia', '¿Quién ha visto la guía de Asturias? La dejé en la mesa grande'],
        ['diego_ruiz', 'La tengo yo, estoy comprobando los horarios de autobús'],
        ['sofia.garcia', 'Menos mal 😅 Pensaba que la había perdido'],
        ['diego_ruiz', 'Por cierto, la ruta del Cares está cerrada hasta mayo'],
        ['beatriz.silva', 'Então mudamos a fotografia da capa?'],
        ['sofia.garcia', 'Sí, mejor la de los lagos: https://photos.example.org/covadonga'],
        ['marco.rossi', 'Bellissima 😍'],
      ],
    },
    {
      ago: 75,
      lines: [
        ['diego_ruiz', '¡Atención! El jueves hay churros a las once ☕'],
        ['demo', '¡Allí estaré!'],
        ['sofia.garcia', 'Yo llevo el chocolate'],
        ['beatriz.silva', 'E eu levo pastéis de nata 🥮'],
        ['diego_ruiz', 'El mejor equipo del mundo, lo digo siempre'],
      ],
    },
    {
      ago: 31,
      lines: [
        ['sofia.garcia', 'Resultado: 42 churros, 6 personas. No hay preguntas.'],
        ['marco.rossi', 'Io ne ho mangiati solo dodici'],
        ['diego_ruiz', 'Mentira 😂'],
      ],
    },
  ],
};

const JAPANESE: Talk = {
  name: '東京オフィス',
  members: ['yuki.tanaka', 'さくら', '佐藤健太', 'demo', 'li.wei'],
  admins: ['さくら'],
  unread: { demo: 5, 佐藤健太: 3 },
  scenes: [
    {
      ago: 305,
      lines: [
        ['yuki.tanaka', '京都ガイドの改訂版、来週が締め切りです。進み具合はいかがですか？'],
        ['さくら', 'お寺の章は終わりました。カフェの章は明日までに送ります 🍵'],
        ['佐藤健太', '地図はまだ半分です…すみません 🙇'],
        ['yuki.tanaka', '大丈夫ですよ。手伝えることがあれば言ってください'],
        ['li.wei', '中国語版の翻訳も同時に始められます'],
        ['佐藤健太', 'ありがとうございます！助かります'],
      ],
    },
    {
      ago: 140,
      lines: [
        ['さくら', '新しい店を見つけました！抹茶パフェが最高です 🍨 https://cafe.example.org/matcha'],
        ['yuki.tanaka', '取材という名目で行きましょう 😆'],
        ['demo', '名案ですね'],
        ['さくら', '金曜日の３時はどうですか？', { edit: '金曜日の４時はどうですか？' }],
        ['佐藤健太', '行きます！'],
      ],
    },
    {
      ago: 12,
      lines: [
        ['yuki.tanaka', '皆さん、改訂版が印刷所に届きました 🎊'],
        ['さくら', 'おめでとうございます！お疲れ様でした'],
        ['佐藤健太', 'やっと眠れます 😴'],
        ['li.wei', '恭喜恭喜！🎉'],
        ['yuki.tanaka', '打ち上げは来週の水曜日です。場所は後で連絡します'],
      ],
    },
  ],
};

const ARABIC: Talk = {
  name: 'فريق الترجمة',
  members: ['ليلى', 'omar.nasser', 'يوسف', 'demo'],
  admins: ['omar.nasser'],
  unread: { demo: 2, يوسف: 2 },
  scenes: [
    {
      ago: 222,
      lines: [
        ['ليلى', 'مرحبا جميعا! هل وصلتكم مسودة دليل عمّان؟'],
        ['omar.nasser', 'نعم وصلت، سأراجع الفصل الأول اليوم'],
        ['يوسف', 'وأنا الفصل الثاني. كم كلمة لدينا بالمجموع؟'],
        ['ليلى', 'حوالي 18000 كلمة 😅'],
        ['omar.nasser', 'إذن نحتاج إلى قهوة كثيرة ☕☕☕'],
        ['يوسف', 'القهوة عليّ هذا الأسبوع'],
      ],
    },
    {
      ago: 90,
      lines: [
        ['omar.nasser', 'كيف نكتب اسم الشارع: شارع الرينبو أم شارع قوس قزح؟'],
        ['ليلى', 'شارع الرينبو، هكذا يعرفه الجميع'],
        ['يوسف', 'ونضع الاسم الآخر بين قوسين (Rainbow Street)'],
        ['demo', 'شكرا لكم! 🙏'],
      ],
    },
    {
      ago: 14,
      lines: [
        ['يوسف', 'انتهيت من الفصل الأخير! الملف هنا: https://files.example.com/amman'],
        ['ليلى', 'رائع جدا، شكرا يا يوسف 🌟'],
        ['omar.nasser', 'مبروك علينا 🎉'],
      ],
    },
  ],
};

const FRENCH: Talk = {
  name: 'Pause café ☕',
  members: ['camille.martin', 'hugo.dubois', 'demo', 'νίκος'],
  unread: { νίκος: 4 },
  scenes: [
    {
      ago: 160,
      lines: [
        ['camille.martin', 'La machine à café est de nouveau en panne 😱'],
        ['hugo.dubois', 'Encore ? C’est la troisième fois ce mois-ci !'],
        ['camille.martin', 'Elle affiche « Erreur 42 ». Quelqu’un a le manuel ?'],
        ['νίκος', 'Η απάντηση για τα πάντα 😉'],
        ['hugo.dubois', 'Je l’ai débranchée puis rebranchée. Miracle, ça marche.'],
        ['demo', 'Hugo, héros de la semaine 🏅'],
      ],
    },
    {
      ago: 52,
      lines: [
        ['hugo.dubois', 'J’ai apporté des croissants, ils sont près de la fenêtre 🥐'],
        ['camille.martin', 'Il en reste ?'],
        ['hugo.dubois', 'Il en restait.', { edit: 'Il en restait deux, je te les ai mis de côté.' }],
        ['camille.martin', 'Tu es un ange'],
      ],
    },
  ],
};

const KOREAN: Talk = {
  name: '아침 운동 모임 🏃',
  members: ['김민준', 'seoyeon', 'demo', 'linh.nguyen'],
  unread: { demo: 1 },
  scenes: [
    {
      ago: 110,
      lines: [
        ['김민준', '내일 아침 6시 반에 한강에서 뛰실 분?'],
        ['seoyeon', '저요! 근데 6시 반은 너무 일러요 😭'],
        ['김민준', '그럼 7시?'],
        ['seoyeon', '좋아요 👍'],
        ['linh.nguyen', 'Mình sẽ chạy cùng các bạn… từ Hà Nội 😄'],
        ['demo', '5 km or 10?'],
        ['김민준', '천천히 5km만 뛰어요'],
      ],
    },
    { ago: 36, lines: [['김민준', '오늘도 수고하셨습니다! 기록: 31분 20초 💪']] },
  ],
};

/** Groups that speak one language, more or less. */
export const LANGUAGE_TALKS: readonly Talk[] = [GERMAN, RUSSIAN, SPANISH, JAPANESE, ARABIC, FRENCH, KOREAN];
