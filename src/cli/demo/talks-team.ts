import type { Talk } from './talk.js';

const GENERAL: Talk = {
  name: 'Everybody',
  members: [
    'olivia.hart',
    'demo',
    'mia.carter',
    'noah.bennett',
    'anna.schmidt',
    'ольга.петрова',
    'sofia.garcia',
    'yuki.tanaka',
    'ليلى',
    'camille.martin',
    'jack.turner',
    'beatriz.silva',
    'marco.rossi',
    'li.wei',
    'seoyeon',
    'अर्जुन',
    'elif.yilmaz',
    'kasia_nowak',
    'νίκος',
    'linh.nguyen',
  ],
  admins: ['demo', 'mia.carter'],
  unread: { demo: 4, 'noah.bennett': 11, 'linh.nguyen': 23, νίκος: 7 },
  scenes: [
    {
      ago: 332,
      lines: [
        ['olivia.hart', 'Welcome to our own chat! Everything here stays on our own server 🏠'],
        ['mia.carter', 'Finally one place for all nine offices'],
        ['anna.schmidt', 'Guten Morgen aus Hamburg ☔'],
        ['yuki.tanaka', 'おはようございます！東京は晴れです ☀️'],
        ['sofia.garcia', '¡Buenos días desde Madrid! 👋'],
        ['ليلى', 'صباح الخير من بيروت 🌊'],
        ['ольга.петрова', 'Всем привет! У нас первый снег ❄️'],
        ['अर्जुन', 'नमस्ते दोस्तों 🙏'],
        ['elif.yilmaz', 'Günaydın! İstanbul’dan selamlar ⛴️'],
        ['demo', 'This is lovely. How many languages is that?'],
        ['camille.martin', 'Et avec le français, neuf 😄'],
        ['kasia_nowak', 'Dziesięć! Dzień dobry z Krakowa'],
        ['νίκος', 'Έντεκα 😎 Καλημέρα!'],
      ],
    },
    {
      ago: 190,
      lines: [
        ['olivia.hart', 'The style guide has a new home: https://guide.example.com/style'],
        [
          'noah.bennett',
          'Does it say anything about serial commas?',
          { edit: 'Does it say anything about commas before “and”?' },
        ],
        ['olivia.hart', 'Chapter 4. Yes to the comma, no to the discussion 😉'],
        ['li.wei', '中文版也更新了：https://guide.example.com/zh'],
        ['beatriz.silva', 'Muito obrigada! A versão portuguesa sai na sexta-feira.'],
      ],
    },
    {
      ago: 150,
      lines: [
        ['jack.turner', 'Today is my last day here. It was a pleasure to work with all of you ❤️'],
        ['mia.carter', 'We will miss you, Jack!'],
        ['marco.rossi', 'In bocca al lupo, Jack! 🍀'],
        ['seoyeon', '그동안 감사했습니다! 건강하세요'],
        ['jack.turner', 'Thank you all. The plants on the third floor are yours now 🪴'],
        { by: 'olivia.hart', removes: 'jack.turner' },
      ],
    },
    {
      ago: 44,
      lines: [
        { by: 'demo', adds: 'zoe.adams' },
        ['demo', 'Please welcome Zoë, who joins the maps team today 🎉'],
        ['zoe.adams', 'Hi everybody! Happy to be here. I already got lost twice between the kitchen and my desk'],
        ['mia.carter', 'That is how we choose people for maps 😂'],
        ['linh.nguyen', 'Chào mừng Zoë! 🌸'],
        ['yuki.tanaka', 'ようこそ！よろしくお願いします'],
      ],
    },
    {
      ago: 3.2,
      lines: [
        ['olivia.hart', 'Reminder: the office in Lisbon is closed tomorrow (public holiday).'],
        ['beatriz.silva', 'Confirmo 🏖️ Volto na segunda-feira'],
        ['kasia_nowak', 'Can somebody take the printer call at 14:00 for Beatriz?'],
        ['zoe.adams', 'I can, if somebody tells me what the printer is called'],
      ],
    },
  ],
};

const LIGHTHOUSE: Talk = {
  name: 'Project Lighthouse 🗼',
  members: ['mia.carter', 'demo', 'liam.walsh', 'ava_brooks', 'erik_lund', 'camille.martin', 'jack.turner'],
  admins: ['liam.walsh'],
  unread: { ava_brooks: 5, erik_lund: 2 },
  scenes: [
    {
      ago: 310,
      lines: [
        ['mia.carter', 'So: a guide to forty lighthouses, one summer, 160 pages. Who is in?'],
        ['liam.walsh', 'In. Ireland and Scotland are mine, I have been to most of them'],
        ['erik_lund', 'Sverige och Norge tar jag 🙋'],
        ['camille.martin', 'La Bretagne pour moi, évidemment'],
        ['ava_brooks', 'I will do the maps. Please send coordinates, not “the big white one near the pub”'],
        ['liam.walsh', 'But it IS the big white one near the pub'],
      ],
    },
    {
      ago: 214,
      lines: [
        [
          'ava_brooks',
          '## Maps, first round\n\n- scale 1 : 50 000\n- ferries dashed, footpaths dotted\n- **no** legend on every page\n\nDraft: https://maps.example.com/lighthouses/draft-1',
          { type: 'text/markdown' },
        ],
        ['mia.carter', 'These are beautiful, Ava'],
        ['demo', 'Agreed. The dotted paths are hard to see on grey, though'],
        ['ava_brooks', 'Good point, I will make them brown'],
        ['jack.turner', 'Budget for the printing is at €11,400 so far', { edit: 'Budget for the printing is at €11,900 so far' }],
        ['mia.carter', 'And the limit was 12 thousand. Close!'],
      ],
    },
    {
      ago: 121,
      lines: [
        ['erik_lund', 'Fyren på Vinga är stängd i juni, vi måste byta ordning'],
        ['mia.carter', 'Then Vinga moves to chapter 9. Can you live with that?'],
        ['erik_lund', 'Yes, no problem'],
        { by: 'mia.carter', removes: 'jack.turner' },
        ['mia.carter', 'Demo, would you look after the budget now that Jack is gone?'],
        ['demo', 'Will do. I have his spreadsheet: https://files.example.com/lighthouse/budget'],
      ],
    },
    {
      ago: 26,
      lines: [
        ['liam.walsh', 'Chapter 3 is done. 4,200 words and only two jokes about fog'],
        ['camille.martin', 'Deux de trop ? 😏'],
        ['liam.walsh', 'Two too few'],
        ['demo', 'Reading it tonight 📖'],
        ['ava_brooks', 'wrong chat, sorry', { deleted: true }],
        ['ava_brooks', 'Draft 2 of the maps, with brown paths: https://maps.example.com/lighthouses/draft-2'],
        ['mia.carter', 'Now I want to walk every single one of them 😍'],
      ],
    },
    {
      ago: 5.5,
      lines: [
        ['demo', 'Read it. It is your best so far, Liam. Comments are in the margin, mostly about the pub'],
        ['liam.walsh', 'Ha! Thank you. I will go back and verify the pub personally 🍺'],
        ['camille.martin', 'Le phare de la Jument : photos reçues ce matin, elles sont magnifiques'],
        ['mia.carter', 'Send them over, I need a cover'],
      ],
    },
  ],
};

const LUNCH: Talk = {
  name: 'Lunch today? 🍜',
  members: ['noah.bennett', 'demo', 'priya.sharma', 'seoyeon', 'marco.rossi', 'linh.nguyen', 'felix.braun', 'noa.levi'],
  unread: { demo: 6, 'felix.braun': 10 },
  scenes: [
    {
      ago: 146,
      lines: [
        ['noah.bennett', 'Ramen or falafel?'],
        ['marco.rossi', 'Pasta.'],
        ['noah.bennett', 'That was not one of the choices, Marco'],
        ['marco.rossi', 'It is always one of the choices 🍝'],
        ['noa.levi', 'פלאפל! 🧆'],
        ['priya.sharma', 'फलाफल ठीक है, मैं 12:30 बजे नीचे मिलती हूँ'],
        ['seoyeon', '저도 갈게요!'],
      ],
    },
    {
      ago: 50,
      lines: [
        ['linh.nguyen', 'Hôm nay trời lạnh, ăn phở nhé? 🍲'],
        ['demo', 'Phở sounds perfect'],
        ['felix.braun', 'Bin dabei, brauche aber 10 Minuten'],
        ['linh.nguyen', 'We wait at the door'],
        ['noah.bennett', 'Ordered seven', { edit: 'Ordered eight' }],
      ],
    },
    {
      ago: 1.1,
      lines: [
        ['noah.bennett', 'It is that time again 🔔'],
        ['seoyeon', '비빔밥 어때요?'],
        ['marco.rossi', 'You know my answer'],
        ['priya.sharma', '🍝?'],
        ['marco.rossi', '🍝'],
        ['noa.levi', 'Let’s vote: 👍 bibimbap, 👎 pasta again'],
      ],
    },
  ],
};

const BOOKS: Talk = {
  name: 'Book club 📚',
  members: ['ava_brooks', 'demo', 'hugo.dubois', 'νίκος', 'olena.kovalenko', 'giulia_ricci', 'zoe.adams'],
  unread: { demo: 1, giulia_ricci: 4 },
  scenes: [
    {
      ago: 260,
      lines: [
        ['ava_brooks', 'This month: “Invisible Cities”. We meet on the last Thursday'],
        ['giulia_ricci', 'Che bello! L’ho letto tre volte, in tre città diverse'],
        ['hugo.dubois', 'Je le commence ce soir. C’est long ?'],
        ['giulia_ricci', '150 pagine, una città alla volta'],
        ['olena.kovalenko', 'А українською є? Хочу читати рідною мовою'],
        ['ava_brooks', 'There is a Ukrainian edition, the library has two copies'],
        ['olena.kovalenko', 'Чудово, дякую! 💛💙'],
      ],
    },
    {
      ago: 98,
      lines: [
        ['νίκος', 'Μόλις το τελείωσα. Ποια πόλη σας άρεσε περισσότερο;'],
        ['demo', 'The one hanging between two mountains, on ropes'],
        ['hugo.dubois', 'Octavie ! Moi aussi. Angoissante et légère à la fois'],
        ['giulia_ricci', 'Per me Armilla, fatta solo di tubi dell’acqua'],
        ['ava_brooks', 'We could make a guide to it. “Where to stay in Armilla: nowhere, it is pipes”'],
        ['νίκος', '😂😂😂'],
      ],
    },
    {
      ago: 20,
      lines: [
        ['ava_brooks', 'Next month somebody else chooses. Zoë, the new one always gets to'],
        ['zoe.adams', 'Oh no. Then “A Wizard of Earthsea”: it has the best map of all books'],
        ['olena.kovalenko', 'Чудовий вибір 🗺️'],
      ],
    },
  ],
};

const HIKING: Talk = {
  name: 'Wandern · 徒步 · Походы · Hiking ⛰️',
  members: ['anna.schmidt', 'demo', '陈晓明', 'дмитрий', 'erik_lund', 'yuki.tanaka', 'diego_ruiz'],
  unread: { diego_ruiz: 3, дмитрий: 2 },
  scenes: [
    {
      ago: 170,
      lines: [
        ['anna.schmidt', 'Samstag Sächsische Schweiz? 18 km, 700 Höhenmeter 🥾'],
        ['дмитрий', 'Я за! Беру термос и карту'],
        ['陈晓明', '我也去，可以带朋友吗？'],
        ['anna.schmidt', 'Klar, je mehr, desto besser'],
        ['yuki.tanaka', '写真を楽しみにしています 📷'],
        ['diego_ruiz', 'Este sábado no puedo, ¡el próximo sí!'],
        ['erik_lund', 'Finns det plats för en hund? 🐕'],
        ['anna.schmidt', 'Für Hunde immer'],
      ],
    },
    {
      ago: 72,
      lines: [
        ['demo', 'My legs still hurt. 24 km, not 18, just saying'],
        ['дмитрий', 'Зато какие виды! Фото здесь: https://photos.example.org/elbe'],
        ['陈晓明', '太美了！下次去哪里？'],
        ['anna.schmidt', 'Die 6 km mehr waren der Umweg zum Kuchen 🍰 Das zählt nicht'],
        ['erik_lund', 'Hunden sover fortfarande'],
      ],
    },
  ],
};

const SUPPORT: Talk = {
  name: 'Support rota',
  members: ['olivia.hart', 'demo', 'noah.bennett', 'kasia_nowak', 'elif.yilmaz', 'joao-costa'],
  admins: ['noah.bennett'],
  unread: { 'joao-costa': 8 },
  scenes: [
    {
      ago: 165,
      lines: [
        ['olivia.hart', 'This week: Mon Noah, Tue Kasia, Wed Elif, Thu João, Fri me'],
        ['elif.yilmaz', 'Çarşamba benim için uygun 👍'],
        ['joao-costa', 'Quinta-feira está bem'],
        ['noah.bennett', 'The Wi-Fi password of the guest network is', { deleted: true }],
        ['olivia.hart', 'Not in here, please 🙈 It is on the wall in reception'],
      ],
    },
    {
      ago: 30,
      lines: [
        ['kasia_nowak', 'A reader wrote that page 88 sends people into a lake'],
        ['noah.bennett', 'In which guide?'],
        ['kasia_nowak', '“Masuria by bicycle”'],
        ['demo', 'To be fair, it is hard to avoid the lakes there'],
        ['kasia_nowak', 'The ferry moved in spring. I have written to the reader and to the authors ✅'],
        ['olivia.hart', 'Thank you, Kasia. That goes into the errata: https://guide.example.com/errata'],
      ],
    },
  ],
};

/** Groups of people from several countries, who mostly get by in English. */
export const TEAM_TALKS: readonly Talk[] = [GENERAL, LIGHTHOUSE, LUNCH, BOOKS, HIKING, SUPPORT];
